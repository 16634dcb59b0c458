import { join } from 'node:path';
import type { Scope, Transport } from '../contract/index.ts';
import { formatLockRecord } from '../lock/record.ts';
import type { Engine, Fence, Linked, LinkRequest, SyncRequest } from '../remote/engine.ts';
import { type Link, openLink } from '../remote/link.ts';
import type { Observation } from '../remote/observation.ts';
import { shellEngine } from '../remote/shell/index.ts';
import { entriesOf } from '../sync/cacheHead.ts';
import { manifestHash } from '../sync/manifestText.ts';
import { planSync, type SyncTarget, type SyncWork } from '../sync/syncWork.ts';
import type { Manifest } from '../sync/types.ts';
import { localTransport } from './localConnection.ts';
import { scratch } from './scratch.ts';
import { manifestOf, snapshotOf, type Tree } from './trees.ts';

export const never: AbortSignal = new AbortController().signal;

export const quietScope: Scope = {
  signal: never,
  log: () => {},
  now: () => new Date('2026-11-21T19:38:11Z'),
  secret: async () => {
    throw new Error('There are no secrets here.');
  },
  resolvePath: (path) => path,
};

export function linkTo(transport: Transport, server = 'web1'): Link {
  return openLink(server, transport, quietScope);
}

/** A deploy path on this machine with what is needed to work on it, one call after the other. */
export interface Here {
  readonly engine: Engine;
  readonly path: string;
  readonly fence: Fence;
  at(...names: string[]): string;
  see(...shared: string[]): Promise<Observation>;
  /** Brings the deploy-cache to this tree, as a deployment would; gives how many entries it then holds. */
  sync(release: string, tree: Tree, options?: { readonly full?: boolean }): Promise<SyncWork>;
  link(release: string, work: SyncWork, request?: Partial<LinkRequest>): Promise<Linked>;
  /** `sync` and `link`. */
  build(release: string, tree: Tree, request?: Partial<LinkRequest>): Promise<void>;
  activate(release: string, expected: string | null): Promise<void>;
}

/** Locked and prepared. */
export async function engineHere(transport: Transport = localTransport(), path?: string): Promise<Here> {
  const here = await engineAt(transport, path ?? join(await scratch(), 'shop'));
  await here.engine.prepare(here.fence, never);
  return here;
}

/** Locked, nothing else. */
export async function engineAt(transport: Transport, path: string): Promise<Here> {
  const engine = shellEngine(linkTo(transport), path);
  const attempt = await engine.takeLock(lockRecord('one'), never);
  if (!attempt.taken) throw new Error('The lock of a new directory is taken.');
  const { fence } = attempt;
  const see: Here['see'] = (...shared) => engine.observe(shared, never);

  const sync: Here['sync'] = async (release, tree, { full = false } = {}) => {
    const work = await workHere(engine, release, manifestOf(tree), full);
    await engine.sync(fence, syncRequest(release, work, tree), never);
    return work;
  };
  const link: Here['link'] = (release, work, request = {}) =>
    engine.link(fence, linkRequest(release, work, request), never);
  return {
    engine,
    path,
    fence,
    at: (...names) => join(path, ...names),
    see,
    sync,
    link,
    build: async (release, tree, request) => {
      await link(release, await sync(release, tree), request);
    },
    activate: (release, expected) =>
      engine.activate(
        fence,
        { release, expected, method: 'mv', active: ledgerLine(release, 'active') },
        never,
      ),
  };
}

/** What there is to do to a deploy-cache, by what the server says of it. */
export async function workHere(
  engine: Engine,
  release: string,
  wanted: Manifest,
  full = false,
): Promise<SyncWork> {
  const { head, hash } = (await engine.observe([], never)).cache;
  return planSync({ ...(await engine.manifest(never)), head, hash }, wanted, full, targetOf(release, wanted));
}

export function targetOf(release: string, wanted: Manifest): SyncTarget {
  return { state: `sha256:${manifestHash(wanted)}`, release, modifiedAtSec: 1_700_000_000, reuses: true };
}

export function syncRequest(
  release: string,
  work: SyncWork,
  tree: Tree,
  options: Partial<SyncRequest> = {},
): SyncRequest {
  return {
    release,
    work,
    snapshot: snapshotOf(tree),
    modifiedAtSec: 1_700_000_000,
    onProgress: () => {},
    cancel: never,
    ...options,
  };
}

export function linkRequest(
  release: string,
  work: SyncWork,
  options: Partial<LinkRequest> = {},
): LinkRequest {
  return {
    release,
    sharedDirectories: [],
    sharedFiles: [],
    entries: entriesOf(work.head.totals),
    mode: 'auto',
    verify: true,
    commandsFollow: false,
    unshared: [],
    ready: ledgerLine(release, 'ready'),
    ...options,
  };
}

export function lockRecord(nonce: string): string {
  return formatLockRecord({
    nonce,
    by: `${nonce}@here`,
    pid: 1,
    since: '2026-11-21T19:38:11Z',
    release: null,
  });
}

export function ledgerLine(release: string, state: string): string {
  return JSON.stringify({ release, state, at: '2026-11-21T19:38:11Z', by: 'me@here' });
}
