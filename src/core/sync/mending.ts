import type { CacheHead } from './cacheHead.ts';
import { isAtOrBelow } from './diff.ts';
import { hasRoom, planSync, type SyncTarget, type SyncWork } from './syncWork.ts';
import type { CachedEntry, CachedManifest } from './types.ts';
import type { CacheDifference, DifferenceKind } from './verification.ts';

/** What makes a deploy-cache again what its manifest says, `sync` first. */
export interface Mending {
  /** Takes away what should not be there, and makes directories and links; null when there is nothing of that kind. */
  readonly sync: SyncWork | null;
  /** Files whose content has to be sent. */
  readonly send: readonly CachedEntry[];
  /** Files whose mode alone is wrong. */
  readonly copy: readonly CachedEntry[];
}

/**
 * Pure. All keeps the time that the manifest has, so that servers of a group go on agreeing, and what the cache is said to
 * hold stays the same: when it is cut short anywhere, nothing is claimed that was not claimed before, and what is then
 * found can be mended likewise.
 */
export function planMending(
  held: CachedManifest,
  head: CacheHead,
  differences: readonly CacheDifference[],
  target: Pick<SyncTarget, 'release' | 'modifiedAtSec'>,
): Mending {
  const kinds = new Map(differences.map(({ path, kind }) => [path, kind]));
  const absent = new Set(differences.flatMap(({ path, kind }) => (ABSENT.has(kind) ? [path] : [])));
  const files = held.filter(({ kind }) => kind === 'file');
  return {
    sync: structure(held, head, { kinds, absent }, target),
    send: files.filter(({ path }) => SENT.has(kinds.get(path)!) || isAtOrBelow(path, absent)),
    copy: files.filter(({ path }) => kinds.get(path) === 'mode'),
  };
}

const ABSENT: ReadonlySet<DifferenceKind> = new Set(['missing', 'kind']);
const SENT: ReadonlySet<DifferenceKind> = new Set(['content', 'time']);

interface Found {
  readonly kinds: ReadonlyMap<string, DifferenceKind>;
  /** What should be there, with all below it. */
  readonly absent: ReadonlySet<string>;
}

function structure(
  held: CachedManifest,
  head: CacheHead,
  found: Found,
  target: Pick<SyncTarget, 'release' | 'modifiedAtSec'>,
): SyncWork | null {
  const withoutFiles = held.filter(({ kind, path }) => kind !== 'file' || !isAtOrBelow(path, found.absent));
  const cache = { manifest: asFound(held, found), pending: null, head };
  const work = planSync(cache, withoutFiles, false, { ...target, state: head.state });
  return work.diff.changes.length === 0
    ? null
    : { ...work, next: null, ...sameAsBefore(held, head, target.release) };
}

/** What the cache would say if it told the truth. Of another kind is what does not fit, so that it is taken away. */
function asFound(held: CachedManifest, { kinds, absent }: Found): CachedManifest {
  const known = held.flatMap((entry): CachedManifest => {
    const difference = kinds.get(entry.path);
    if (difference === 'kind') return [{ ...entry, kind: entry.kind === 'directory' ? 'file' : 'directory' }];
    if (isAtOrBelow(entry.path, absent)) return [];
    if (entry.kind === 'file' || difference === undefined) return [entry];
    return [{ ...entry, mode: 0, hash: '' }];
  });
  const extra = [...kinds].filter(([, kind]) => kind === 'extra');
  return [...known, ...extra.map(([path]) => ({ ...UNKNOWN, path }))];
}

const UNKNOWN = { kind: 'file', mode: 0, sizeBytes: 0, hash: '', modifiedAtSec: 0 } as const;

/** A sync has to commit something. */
function sameAsBefore(
  held: CachedManifest,
  head: CacheHead,
  release: string,
): Pick<SyncWork, 'head' | 'segment'> {
  const { state, totals, segments } = head;
  return hasRoom(head)
    ? { head: { state, totals, segments: [...segments, release] }, segment: [] }
    : { head: { state, totals, segments: [release] }, segment: held };
}
