import { randomUUID } from 'node:crypto';
import { lstat, lutimes, mkdir, readdir, readlink, rename, symlink, unlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { CutoverError, errorCode, messageOf } from '../../../core/contract/index.ts';
import { isGone, type Processes, processMark, systemProcesses } from '../../../core/lock/holder.ts';
import {
  formatLockRecord,
  generationNumber,
  type LockRecord,
  parseLockRecord,
  RELEASED,
} from '../../../core/lock/record.ts';

export interface TurnOptions {
  /** How long the change of somebody else is waited for. */
  readonly waitMs?: number;
  readonly processes?: Processes;
}

/** One that gives no sign of life for so long has died, on another machine or where processes cannot be told apart. */
const SILENT_MS = 60_000;
const BEAT_MS = 10_000;
const LOOK_MS = 100;

/**
 * Changes what is installed while nobody else does: the list is read, changed and written anew, by oclif and npm too. Waits for
 * whoever is at it; one that has died keeps nobody out. Rejects with `E_PLUGIN` where its turn does not come, with nothing
 * changed, and where somebody took it for dead and changed things meanwhile.
 */
export async function oneAtATime<T>(
  dataDirectory: string,
  change: () => Promise<T>,
  { waitMs = 30_000, processes = systemProcesses }: TurnOptions = {},
): Promise<T> {
  const directory = join(dataDirectory, '.changing');
  const own = await turnIn(directory, waitMs, processes).catch((error: unknown) => {
    if (errorCode(error) === 'E_PLUGIN') throw error;
    throw new CutoverError('E_PLUGIN', `${dataDirectory} cannot be written to: ${messageOf(error)}`, {
      cause: error,
    });
  });
  const beat = setInterval(() => {
    const now = new Date();
    lutimes(join(directory, own), now, now).catch(() => {});
  }, BEAT_MS).unref();
  try {
    const result = await change();
    const last = await newestIn(directory).catch(() => null);
    if (last !== null && last.name !== own) throw overtaken();
    return result;
  } finally {
    clearInterval(beat);
    await release(directory, own);
  }
}

/** The name of the generation that is ours: the highest. A lower one is never ours any more, and the highest is never removed. */
async function turnIn(directory: string, waitMs: number, processes: Processes): Promise<string> {
  await mkdir(directory, { recursive: true });
  const until = performance.now() + waitMs;
  const text = ownText(processes);
  for (;;) {
    const newest = await newestIn(directory);
    const holder = newest === null ? null : holderOf(newest, processes);
    if (holder === null) {
      const name = nameAfter(newest);
      if (await isTaken(directory, name, text)) return name;
    } else if (performance.now() >= until) throw busy(holder);
    else await delay(Math.min(LOOK_MS, waitMs));
  }
}

/** Who has looked before another's turn began and ended may make a name that is free again: that is no turn. */
async function isTaken(directory: string, name: string, text: string): Promise<boolean> {
  const isMade = await symlink(text, join(directory, name)).then(() => true, unless('EEXIST'));
  if (!isMade) return false;
  const names = await generationsIn(directory);
  const isHighest = names.at(-1) === name;
  for (const each of isHighest ? names.slice(0, -1) : [name]) {
    await unlink(join(directory, each)).catch(unless('ENOENT'));
  }
  return isHighest;
}

interface Generation {
  readonly name: string;
  readonly text: string;
  readonly silentMs: number;
}

async function newestIn(directory: string): Promise<Generation | null> {
  for (;;) {
    const name = (await generationsIn(directory)).at(-1);
    if (name === undefined) return null;
    const path = join(directory, name);
    const seen = await Promise.all([readlink(path), lstat(path)]).catch(unless('ENOENT'));
    if (seen) return { name, text: seen[0], silentMs: Date.now() - seen[1].mtimeMs };
  }
}

/** The highest comes last. */
async function generationsIn(directory: string): Promise<readonly string[]> {
  const names = (await readdir(directory)).filter((name) => /^g-\d+$/.test(name));
  return names.sort((a, b) => generationNumber(a) - generationNumber(b));
}

function nameAfter(newest: Generation | null): string {
  return `g-${String((newest === null ? 0 : generationNumber(newest.name)) + 1).padStart(6, '0')}`;
}

/** Null: nobody, or nobody any more. */
function holderOf({ text, silentMs }: Generation, processes: Processes): LockRecord | null {
  const record = parseLockRecord(text);
  const isOver = record === null || silentMs > SILENT_MS || isGone(record, processes, process.pid);
  return isOver ? null : record;
}

function ownText(processes: Processes): string {
  const { pid } = process;
  const mark = processMark(processes, pid);
  const since = new Date().toISOString();
  return formatLockRecord({ nonce: randomUUID(), by: hostname(), pid, since, release: null, mark });
}

/** By a rename, so that nobody ever sees less than before. Whoever overtook us has removed ours, and one more that is lower harms nobody. */
async function release(directory: string, own: string): Promise<void> {
  const next = join(directory, `over-${randomUUID()}`);
  await symlink(RELEASED, next)
    .then(() => rename(next, join(directory, own)))
    .catch(() => {});
}

function unless(code: string): (error: NodeJS.ErrnoException) => false {
  return (error) => {
    if (error.code !== code) throw error;
    return false;
  };
}

function busy({ by, pid, since }: LockRecord): CutoverError {
  return new CutoverError(
    'E_PLUGIN',
    `Another cutover is changing what is installed (process ${pid} on ${by}, since ${since}). Nothing was changed.`,
    { hint: 'Type the same again when it is done.' },
  );
}

function overtaken(): CutoverError {
  return new CutoverError(
    'E_PLUGIN',
    'Another cutover changed what is installed at the same time, because this one gave no sign of life.',
    { hint: 'cutover plugins shows what is there now. Type the same again where something is missing.' },
  );
}
