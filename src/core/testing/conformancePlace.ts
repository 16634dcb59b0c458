import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { errorCode } from '../contract/index.ts';
import { releaseTimeSec } from '../release/id.ts';
import type { Engine, Fence, FenceJournal, LinkRequest, SyncRequest } from '../remote/engine.ts';
import { manifestHash } from '../sync/manifestText.ts';
import { planSync } from '../sync/syncWork.ts';
import { ledgerLine, linkRequest, lockRecord, never } from './engineHere.ts';
import { scratch } from './scratch.ts';
import { manifestOf, snapshotOf, type Tree } from './trees.ts';

export { ledgerLine, linkRequest, lockRecord, never };

/** Where a line breaks: at the n-th thing that an engine asks of the server, whatever that is for it; the first is 1. */
export type LineCut = (index: number) => 'before' | 'after' | null;

/** A server with nothing on it, and engines of one kind for it. */
export interface Place {
  /** The deploy path, as engines know it. */
  readonly path: string;
  /** With a line of its own. `cut`: after which it is opened again. */
  engine(cut?: LineCut): Engine;
  /** Runs a program for `sh` there, not through the engine, in the directory that holds the deploy path. */
  sh(program: string): Promise<string>;
}

/** A deploy path `shop` on this machine. */
export async function placeHere(engine: (path: string, cut: LineCut | undefined) => Engine): Promise<Place> {
  const top = await scratch();
  const path = join(top, 'shop');
  await mkdir(top, { recursive: true });
  return {
    path,
    engine: (cut) => engine(path, cut),
    async sh(program) {
      return (await promisify(execFile)('sh', ['-eu', '-c', program], { cwd: top })).stdout;
    },
  };
}

/** What a fence's journal was told, and what it still has to tell. */
export function journalOf(before: readonly string[], after: string | null): FenceJournal {
  let undelivered = before;
  return {
    lines: () => undelivered,
    delivered: (lines) => {
      undelivered = undelivered.filter((line) => !lines.includes(line));
    },
    after,
    required: true,
  };
}

export async function locked(engine: Engine, nonce = 'one', over: string | null = null): Promise<Fence> {
  const takeOver = over === null ? null : { generation: over, silentSec: null };
  const attempt = await engine.takeLock(lockRecord(nonce), never, { over: takeOver });
  if (!attempt.taken) throw new Error(`The lock is held: ${attempt.record}`);
  return attempt.fence;
}

export async function syncRequest(
  engine: Engine,
  release: string,
  tree: Tree,
  options: Partial<SyncRequest> & { readonly full?: boolean } = {},
): Promise<SyncRequest> {
  const { full = false, ...more } = options;
  const wanted = manifestOf(tree);
  const modifiedAtSec = releaseTimeSec(release);
  const { head, hash } = (await engine.observe([], never)).cache;
  const target = { state: `sha256:${manifestHash(wanted)}`, release, modifiedAtSec };
  const work = planSync({ ...(await engine.manifest(never)), head, hash }, wanted, full, target);
  const onProgress = () => {};
  return { release, work, snapshot: snapshotOf(tree), modifiedAtSec, onProgress, cancel: never, ...more };
}

/** The cache, and a release of it. */
export async function build(
  engine: Engine,
  fence: Fence,
  release: string,
  tree: Tree,
  options: Partial<LinkRequest> = {},
): Promise<void> {
  const request = await syncRequest(engine, release, tree);
  await engine.sync(fence, request, never);
  await engine.link(fence, linkRequest(release, request.work, options), never);
}

export async function activate(
  engine: Engine,
  fence: Fence,
  release: string,
  expected: string | null,
): Promise<void> {
  const { method } = await engine.prepare(fence, never);
  const active = ledgerLine(release, 'active');
  await engine.activate(fence, { release, expected, method, active }, never);
}

/** A whole deployment, as the steps make one, whatever was there before. */
export async function deploy(engine: Engine, bare: Fence, release: string, tree: Tree): Promise<void> {
  const fence = { ...bare, journal: journalOf(['{"type":"begun"}'], '{"type":"done"}') };
  const { method } = await engine.prepare(fence, never);
  await build(engine, fence, release, tree);
  const { current } = await engine.observe([], never);
  const expected = current.kind === 'link' ? current.text : null;
  const active = ledgerLine(release, 'active');
  await engine.activate(fence, { release, expected, method, active }, never);
  const records = [ledgerLine(release, 'succeeded')];
  await engine.finish(
    fence,
    {
      prune: { releases: [], records, ledger: null, nonce: `${release}-prune` },
      journal: release,
      closing: null,
    },
    never,
  );
}

/** How much an engine asks of a server while it does this. */
export async function countAsked(place: Place, work: (engine: Engine) => Promise<unknown>): Promise<number> {
  let total = 0;
  const engine = place.engine((index) => {
    total = index;
    return null;
  });
  await work(engine);
  await engine.close();
  return total;
}

/** Does this with a line that breaks for ever once that much was asked; whether it ends has to be unknown then. */
export async function dieAt(
  place: Place,
  at: number,
  work: (engine: Engine) => Promise<unknown>,
): Promise<void> {
  const dying = place.engine((index) => (index >= at ? 'after' : null));
  const end = await work(dying).then(() => 'ended', errorCode);
  if (end === null || !['ended', 'E_UNKNOWN', 'E_UNREACHABLE'].includes(end))
    throw new Error(`At ${at} it ended with ${end}.`);
  await dying.close().catch(() => {});
}

/** Every entry below a path: kind, mode, path, and content or target. */
export async function contents(place: Place, path: string): Promise<readonly string[]> {
  const found = await place.sh(
    `cd '${path}' && find . -mindepth 1 \\( -type d -printf 'directory %m %P\\n' \\) -o \\( -type l -printf 'link %P -> %l\\n' \\) -o -printf '' ; find . -type f -printf 'file %m %P ' -exec sh -c 'sha256sum <"$0"' {} \\;`,
  );
  return found
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.replace(/ {2}-$/, ''))
    .sort();
}

/** The same of a tree that was to be deployed. */
export function contentsOf(tree: Tree): readonly string[] {
  return manifestOf(tree)
    .map(({ kind, mode, path, hash, target }) => {
      if (kind === 'link') return `link ${path} -> ${target}`;
      return kind === 'directory'
        ? `directory ${mode.toString(8)} ${path}`
        : `file ${mode.toString(8)} ${path} ${hash}`;
    })
    .sort();
}
