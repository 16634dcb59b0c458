import { createHash } from 'node:crypto';
import { plainEnvironment, plainServer } from '../../config/testing/plain.ts';
import type { EnvironmentConfig } from '../../config/types.ts';
import { releaseTimeSec } from '../../release/id.ts';
import { formatLedgerEntry, type LedgerEntry } from '../../release/ledger.ts';
import type { Observation, ObservedCache } from '../../remote/observation.ts';
import type { CacheHead } from '../../sync/cacheHead.ts';
import { manifestHash } from '../../sync/manifestText.ts';
import { planSync, totalsOf } from '../../sync/syncWork.ts';
import { cachedAt } from '../../sync/testing/entries.ts';
import type { CachedManifest } from '../../sync/types.ts';
import { manifestOf, snapshotOf, type Tree } from '../../testing/trees.ts';
import { type DeploymentFacts, newRelease } from '../planDeployment.ts';

export const A = '20260101000001';
export const B = '20260101000002';
export const C = '20260101000003';

/** A server where nothing is yet. */
export function seen(changes: Partial<Observation> = {}): Observation {
  return {
    path: '/srv/shop',
    realPath: '/srv/shop',
    exists: true,
    user: 'deploy',
    writable: true,
    current: { kind: 'absent' },
    releases: [],
    misplaced: [],
    ledger: [],
    ledgerHash: 'empty',
    cache: { head: null, hash: null, pending: false },
    paused: null,
    frozen: null,
    journal: null,
    lock: { generation: null, record: null, heldSec: null, beatAgeSec: null },
    running: [],
    shared: {},
    tools: new Set(['tar', 'cp', 'mv', 'ln', 'rm', 'find', 'xargs', 'readlink']),
    freeBytes: 1e12,
    freeInodes: 1e6,
    clock: null,
    ...changes,
  };
}

/** A server with these releases on disk, the last of which is live. */
export function serving(
  entries: readonly Partial<LedgerEntry>[],
  changes: Partial<Observation> = {},
): Observation {
  const ledger = entries.map((entry): LedgerEntry => ({ release: A, state: 'succeeded', at: '', ...entry }));
  const releases = [...new Set(ledger.map((entry) => entry.release))].sort();
  const live = ledger.at(-1)!.release;
  return seen({
    current: { kind: 'link', text: `releases/${live}`, release: live, dangling: false },
    releases,
    ledger,
    ledgerHash: createHash('sha256').update(ledger.map(formatLedgerEntry).join('\n')).digest('hex'),
    ...changes,
  });
}

/** What a server says that holds this; `knowledgeOf` gives the rest. */
export function cacheOf(tree: Tree): ObservedCache {
  const manifest: CachedManifest = cachedAt(1, manifestOf(tree));
  const state = `sha256:${manifestHash(manifest)}`;
  const cache: ObservedCache = {
    head: { state, totals: totalsOf(manifest), segments: [A] },
    hash: createHash('sha256').update(state).digest('hex'),
    pending: false,
  };
  manifests.set(cache.head!, manifest);
  return cache;
}

const manifests = new WeakMap<CacheHead, CachedManifest>();

/** As the engine would read it. An upload that was interrupted was about to remove everything. */
export function knowledgeOf({ head, hash, pending }: ObservedCache) {
  const manifest = (head && manifests.get(head)) ?? null;
  return { head, hash, manifest, pending: pending ? [] : null };
}

export function environment(changes: Partial<EnvironmentConfig> = {}): EnvironmentConfig {
  return plainEnvironment({
    branch: 'main',
    servers: ['web1', 'web2'].map((name) => plainServer(name, '/srv/shop')),
    ...changes,
  });
}

export function facts(
  tree: Tree = { 'index.html': 'one' },
  changes: Partial<DeploymentFacts> = {},
): DeploymentFacts {
  const { environment: chosen = environment(), full = false } = changes;
  const { observations = new Map(chosen.servers.map(({ name }) => [name, seen()])) } = changes;
  const release = changes.release ?? newRelease(new Date('2026-11-21T19:38:11Z'), observations);
  const wanted = manifestOf(tree);
  const snapshot = snapshotOf(tree, 'abc');
  const target = { state: snapshot.state, release, modifiedAtSec: releaseTimeSec(release) };
  const workOf = (each: Observation) => planSync(knowledgeOf(each.cache), wanted, full, target);
  return {
    application: 'shop',
    environment: chosen,
    configuration: 'configured',
    snapshot,
    sourceKinds: new Map(wanted.map(({ path, kind }) => [path, kind])),
    observations,
    work: new Map([...observations].map(([name, each]) => [name, workOf(each)])),
    release,
    full,
    unpin: false,
    ...changes,
  };
}

/** All of the servers were found like this. */
export function everywhere(observation: Observation): ReadonlyMap<string, Observation> {
  return new Map(['web1', 'web2'].map((name) => [name, observation]));
}
