import { setTimeout as delay } from 'node:timers/promises';
import { CutoverError, errorCode } from '../../contract/index.ts';
import { type ArchiveContents, bytesToSend, wholeOnes } from '../../sync/archive.ts';
import {
  type Basis,
  type BlockHash,
  type BlockWork,
  blockBytesOf,
  hashBlocks,
  inBlocks,
  isLarge,
  missingBlocks,
  planBlocks,
} from '../../sync/blocks.ts';
import { interrupted } from '../../sync/endingEarly.ts';
import type { SyncWork } from '../../sync/syncWork.ts';
import type { ManifestEntry } from '../../sync/types.ts';
import { areAllWanted, wholeFiles } from '../../sync/wholeFiles.ts';
import type { Fence, SyncRequest } from '../engine.ts';
import type { Link } from '../link.ts';
import { type Arrived, lookAtReceived } from './received.ts';
import { ATTEMPTS, BACKOFF_MS } from './run.ts';
import { mayShare, sendArchive } from './sendArchive.ts';

/**
 * Sends what a deploy-cache lacks. When the connection is lost on the way, or an earlier life of the transaction was cut
 * short here, what has arrived whole is not sent again. What the server was to make of its own files, and could not,
 * is sent then.
 */
export async function upload(
  link: Link,
  path: string,
  fence: Fence,
  request: SyncRequest,
  signal: AbortSignal,
): Promise<void> {
  const resent = new Set<string>();
  let isDoubted = false;
  for (let attempt = 1; ; ) {
    try {
      const again = attempt > 1 || isDoubted || request.isAgain === true;
      const { wrong, believed } = await sendOnce(link, path, fence, request, { again, resent, signal });
      if (wrong.length === 0) return;
      if (wrong.every((each) => resent.has(each))) throw cannotMake(link.server, wrong);
      isDoubted = true;
      for (const each of wrong) if (!believed.has(each)) resent.add(each);
    } catch (error) {
      const lost = errorCode(error) === 'E_UNKNOWN' || (attempt > 1 && errorCode(error) === 'E_UNREACHABLE');
      if (!lost || attempt === ATTEMPTS || signal.aborted) throw error;
      await delay(BACKOFF_MS * 2 ** (attempt - 1), undefined, { signal });
      attempt += 1;
    }
  }
}

interface Try {
  /** Something may have arrived before. */
  readonly again: boolean;
  readonly resent: ReadonlySet<string>;
  readonly signal: AbortSignal;
}

/** `wrong`: files that the server could not make; `believed`: of which it was not asked what it has. */
async function sendOnce(
  link: Link,
  path: string,
  fence: Fence,
  request: SyncRequest,
  { again, resent, signal }: Try,
): Promise<{ readonly wrong: readonly string[]; readonly believed: ReadonlyMap<string, unknown> }> {
  const { work, modifiedAtSec, cancel } = request;
  const updated = largeFiles(work, { again, resent });
  const believed = again ? new Map<string, BlockWork | null>() : await believedBlocks(updated, request);
  const large = updated.filter(({ path: each }) => !believed.has(each));
  const { arrived, hashesOf } = await lookAtBoth(link, path, request, large, { again, signal });
  const kept = wholeFiles(arrived.files, work.diff, modifiedAtSec);
  const continues = arrived.files.length + arrived.blocks.size > 0 && areAllWanted(arrived.files, work.diff);
  const based = basesOf(large, arrived.bases, { kept, continues });
  const hashes = await hashesOf(based.map(({ entry }) => entry));
  const keptBlocks = continues ? arrived.blocks : new Set<string>();
  const asked = based.flatMap(
    ({ entry, basis }) => planBlocks(entry, hashes.get(entry.path) ?? [], basis, keptBlocks) ?? [],
  );
  const differing = [...[...believed.values()].filter((each) => each !== null), ...asked];
  const whole = { ...request, kept, resent, blocks: differing, keptBlocks, signal: cancel };
  // What is sent again may be large, and is not divided.
  const isShared = resent.size === 0 && mayShare(link, request, bytesToSend(whole));
  const contents = { ...whole, blocks: [...differing, ...divided(whole, isShared)] };
  const shipment = { path, fence, request, contents, continues, isShared };
  return { wrong: await sendArchive(link, shipment, signal), believed };
}

/** Large files of which nothing is there but blocks, or that several channels are to carry. */
function divided(contents: ArchiveContents, isShared: boolean): readonly BlockWork[] {
  return wholeOnes(contents)
    .filter((entry) => isLarge(entry) && contents.resent?.has(entry.path) !== true)
    .map(inBlocks)
    .filter((work) => isShared || missingBlocks(work, contents.keptBlocks).size < work.different.size);
}

/**
 * Of files whose old and new blocks are both known here the server need not be asked: it is taken to have what its manifest
 * says. What comes of it is proven there. Null: better sent whole.
 */
async function believedBlocks(
  large: readonly ManifestEntry[],
  { work, snapshot, cancel }: SyncRequest,
): Promise<ReadonlyMap<string, BlockWork | null>> {
  const found = new Map<string, BlockWork | null>();
  const known = async (content: string | undefined) => {
    if (content === undefined) return null;
    try {
      return (await snapshot.blocks?.(content, cancel)) ?? null;
    } catch {
      if (cancel.aborted) throw interrupted();
      return null;
    }
  };
  for (const entry of large) {
    const wanted = await known(entry.hash);
    const old = wanted && (await known(work.older.get(entry.path)));
    if (!wanted || !old || blockBytesOf(old.sizeBytes) !== blockBytesOf(wanted.sizeBytes)) continue;
    const basis = { path: entry.path, in: 'cache', hashes: old.blocks } as const;
    const plan = planBlocks(entry, wanted.blocks, basis, new Set());
    found.set(entry.path, plan && { ...plan, belief: { was: old.hash, wanted: wanted.blocks } });
  }
  return found;
}

/**
 * What the server has, and what the source has of large files. Both are read at the same time where it is certain that
 * the server has something.
 */
async function lookAtBoth(
  link: Link,
  path: string,
  { release, work, snapshot, modifiedAtSec, cancel, tools }: SyncRequest,
  large: readonly ManifestEntry[],
  { again, signal }: Pick<Try, 'again' | 'signal'>,
) {
  const algorithm: BlockHash = tools?.has('b2sum') ? 'blake2b512' : 'sha256';
  const over = new AbortController();
  const either = AbortSignal.any([cancel, over.signal]);
  const hashesOf = async (files: readonly ManifestEntry[]) => {
    try {
      return await hashBlocks(files, algorithm, snapshot, either);
    } catch (error) {
      throw cancel.aborted ? interrupted() : error;
    }
  };
  if (!again && large.length === 0) return { arrived: NOTHING, hashesOf };
  const ahead = again ? null : hashesOf(large);
  // Heard of when it is asked for.
  ahead?.catch(() => {});
  const look = { release, modifiedAtSec, large, older: !work.fresh, algorithm };
  try {
    const arrived = await lookAtReceived(link, path, look, signal);
    return { arrived, hashesOf: ahead === null ? hashesOf : () => ahead };
  } catch (error) {
    over.abort();
    throw error;
  }
}

const NOTHING: Arrived = { files: [], blocks: new Set(), bases: [] };

/** Those that are worth asking for: of which something has arrived, or an older version may be there. */
function largeFiles(
  { fresh, diff, reuse }: SyncWork,
  { again, resent }: Pick<Try, 'again' | 'resent'>,
): readonly ManifestEntry[] {
  const large = diff.upload.filter(isLarge);
  if (large.length === 0) return [];
  const reused = new Set(reuse.map(({ entry }) => entry.path));
  const updated = new Set(diff.changes.filter(({ op }) => op === 'update').map(({ path }) => path));
  const isThere = (path: string) => again || (!fresh && updated.has(path));
  return large.filter(({ path }) => !reused.has(path) && !resent.has(path) && isThere(path));
}

function basesOf(
  large: readonly ManifestEntry[],
  bases: readonly Basis[],
  { kept, continues }: { readonly kept: ReadonlySet<string>; readonly continues: boolean },
) {
  const byPath = new Map(bases.map((basis) => [basis.path, basis]));
  return large.flatMap((entry) => {
    const basis = byPath.get(entry.path);
    if (basis === undefined || kept.has(entry.path)) return [];
    return basis.in === 'cache' || continues ? [{ entry, basis }] : [];
  });
}

function cannotMake(server: string, paths: readonly string[]): CutoverError {
  return new CutoverError(
    'E_REMOTE',
    `${server}: the upload arrived, but ${paths[0]} has another content there than was sent.`,
    { server },
  );
}
