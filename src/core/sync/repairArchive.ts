import { moved } from './archive.ts';
import { listOf } from './makingLists.ts';
import { packTar, type TimedContent } from './packTar.ts';
import { textFile } from './textFile.ts';
import type { CachedEntry, Snapshot } from './types.ts';

export interface RepairContents {
  readonly release: string;
  /** What the cache must hold at the paths that are sent. */
  readonly send: readonly CachedEntry[];
  /** Files whose mode alone is wrong: the server copies what it has. */
  readonly copy: readonly CachedEntry[];
  readonly snapshot: Pick<Snapshot, 'read'>;
  readonly signal: AbortSignal;
}

/**
 * The tar stream that mends a deploy-cache: `tree/` with what was written to, the lists `leaked` (one a line), `copy`,
 * `mode-644` and `mode-755` (ended by NUL), and last `complete`. Files have the time that the manifest has.
 */
export function packRepair(contents: RepairContents): AsyncIterable<Uint8Array> {
  return packTar({ directories: ['tree'], links: [], files: allFiles(contents) }, 0);
}

async function* allFiles({
  release,
  send,
  copy,
  snapshot,
  signal,
}: RepairContents): AsyncGenerator<TimedContent> {
  const times = new Map(send.map((entry) => [entry.path, entry.modifiedAtSec]));
  if (send.length > 0) {
    for await (const { entry, chunks } of snapshot.read(send, signal)) {
      yield { entry: moved(entry), chunks, modifiedAtSec: times.get(entry.path)! };
    }
  }
  const ofMode = (mode: number) => copy.filter((entry) => entry.mode === mode).map(({ path }) => path);
  yield textFile('leaked', [...send, ...copy].map(({ path }) => `./${path}\n`).join(''));
  yield textFile('copy', listOf(copy.map(({ path }) => path)));
  yield textFile('mode-644', listOf(ofMode(0o644)));
  yield textFile('mode-755', listOf(ofMode(0o755)));
  yield textFile('complete', release);
}
