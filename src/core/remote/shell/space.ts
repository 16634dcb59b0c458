import { CutoverError, type ErrorCode, errorCode } from '../../contract/index.ts';
import type { Engine } from '../engine.ts';
import type { Link } from '../link.ts';
import { runScript } from './run.ts';
import type { Fields, Script } from './script.ts';
import { sh } from './sh.ts';

export interface Space {
  /** For the user; null when the server could not say. */
  readonly freeBytes: number | null;
  /** Null also where their number has no limit. */
  readonly freeInodes: number | null;
}

/** Of what a server has told: `space` is what GNU df knows of both at once, in kilobytes. */
export function spaceIn(fields: Fields): Space {
  const space = fields.one('space');
  if (space === null) return readSpace(fields.one('blocks'), fields.one('inodes'));
  const [available, inodes, free] = [0, 1, 2].map((index) => column(space, index) ?? '-');
  return readSpace(`- - - ${available}`, `- ${inodes} - ${free}`);
}

/** Of the last lines that `df -Pk` and `df -Pi` print: device, size, used, available, … */
export function readSpace(blocks: string | null, inodes: string | null): Space {
  const free = column(blocks, 3);
  return {
    freeBytes: free === null ? null : free * 1024,
    // Some file systems (btrfs) have no fixed number of inodes and tell of none at all.
    freeInodes: column(inodes, 1) === 0 ? null : column(inodes, 3),
  };
}

/**
 * The same engine, whose errors tell bytes from inodes where a disk is full: programs say "No space left on device" of
 * both, and the log of a command on a full disk says nothing at all.
 */
export function tellingSpace(link: Link, path: () => string, engine: Engine): Engine {
  const told =
    <A extends readonly unknown[], R>(work: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      try {
        return await work(...args);
      } catch (error) {
        throw await withSpace(link, path(), error);
      }
    };
  const { arm } = engine;
  return {
    ...engine,
    takeLock: told(engine.takeLock),
    tryLock: told(engine.tryLock),
    setMark: told(engine.setMark),
    prepare: told(engine.prepare),
    sync: told(engine.sync),
    link: told(engine.link),
    activate: told(engine.activate),
    ...(arm === undefined
      ? {}
      : {
          arm: async (...asked) => {
            const armed = await told(arm)(...asked);
            return { ...armed, fire: told(armed.fire) };
          },
        }),
    prune: told(engine.prune),
    async finish(...asked) {
      const end = await told(engine.finish)(...asked);
      const { pruneFailure } = end;
      return pruneFailure === null
        ? end
        : { ...end, pruneFailure: (await withSpace(link, path(), pruneFailure)) as CutoverError };
    },
    command: told(engine.command),
  };
}

/** What a full disk makes of a script, or of the end of a command that could not be written down. */
const SUSPECT: ReadonlySet<ErrorCode> = new Set(['E_DISK_FULL', 'E_COMMAND', 'E_REMOTE', 'E_UNKNOWN']);

async function withSpace(link: Link, path: string, error: unknown): Promise<unknown> {
  const code = errorCode(error);
  if (!(error instanceof CutoverError) || code === null || !SUSPECT.has(code)) return error;
  const space = await measure(link, path).catch(() => null);
  const isFull =
    (space?.freeBytes ?? LOW_BYTES) < LOW_BYTES || (space?.freeInodes ?? LOW_INODES) < LOW_INODES;
  if (space === null || (code !== 'E_DISK_FULL' && !isFull)) return error;
  const free = [counted(space.freeBytes, 'bytes'), counted(space.freeInodes, 'inodes')].flatMap(
    (each) => each ?? [],
  );
  return new CutoverError(
    // What a shell writes itself fails with no more than "I/O error".
    error.code === 'E_REMOTE' ? 'E_DISK_FULL' : error.code,
    `${error.message.replace(/\.$/, '')} (the file system of ${path} has ${free.join(' and ')} free)`,
    {
      hint: error.hint ?? 'Free some space there: "keep" says how many releases stay.',
      server: link.server,
      cause: error,
    },
  );
}

/** Something may have been given back by now. */
const LOW_BYTES = 64 * 1024;
const LOW_INODES = 16;

const DEADLINE_MS = 10_000;

async function measure(link: Link, path: string): Promise<Space> {
  const fields = await runScript(link, spaceScript(path), { signal: AbortSignal.timeout(DEADLINE_MS) });
  return spaceIn(fields);
}

function spaceScript(path: string): Script {
  return { name: 'measure the disk', body: MEASURE, args: [path] };
}

const MEASURE = sh`
enter "$1"
field blocks "$(df -Pk . 2>/dev/null)"
field inodes "$(df -Pi . 2>/dev/null)"`;

function counted(count: number | null, what: string): string | null {
  return count === null ? null : `${count} ${what}`;
}

function column(lines: string | null, index: number): number | null {
  const line = lines?.trim().split('\n').at(-1);
  const text = line?.trim().split(/\s+/)[index] ?? '';
  return /^\d+$/.test(text) ? Number(text) : null;
}
