import { CutoverError, type SftpEntry, type SftpStat } from '../../../core/contract/index.ts';
import type { SFTPWrapper } from '../client.ts';
import type { Calls, Done } from './calls.ts';
import { END_OF_FILE, NO_SUCH_FILE, refusal, statusOf } from './failure.ts';

/**
 * A directory, request by request: so each answer counts as progress, and an endless one is refused. Null when nothing
 * is there.
 */
export async function list(
  sftp: SFTPWrapper,
  calls: Calls,
  path: string,
): Promise<readonly SftpEntry[] | null> {
  const attempt = `list ${path}`;
  try {
    const handle = await calls.run<Buffer>(attempt, (done) => sftp.opendir(path, done));
    try {
      return await readEntries(sftp, calls, attempt, handle);
    } finally {
      void calls.run(attempt, (done) => sftp.close(handle, done as () => void)).catch(() => {});
    }
  } catch (error) {
    if (statusOf(error) === NO_SUCH_FILE) return null;
    throw refusal(attempt, error);
  }
}

/** The attributes of filexfer-02, section 5, as the contract has them. */
export function toStat(attrs: Attributes): SftpStat {
  return {
    kind: KINDS.get(attrs.mode & FILE_TYPE) ?? 'other',
    mode: attrs.mode & 0o7777,
    sizeBytes: attrs.size,
    modifiedAtSec: attrs.mtime,
  };
}

/** In one piece: there are thousands of them. */
function toEntry(name: string, attrs: Attributes): SftpEntry {
  const kind = KINDS.get(attrs.mode & FILE_TYPE) ?? 'other';
  return { name, kind, mode: attrs.mode & 0o7777, sizeBytes: attrs.size, modifiedAtSec: attrs.mtime };
}

export interface Attributes {
  readonly mode: number;
  readonly size: number;
  readonly mtime: number;
}

const FILE_TYPE = 0o170_000;
const KINDS: ReadonlyMap<number, SftpStat['kind']> = new Map([
  [0o100_000, 'file'],
  [0o040_000, 'directory'],
  [0o120_000, 'link'],
]);
const MOST_ENTRIES = 5_000_000;

interface Named {
  readonly filename: string;
  readonly attrs: Attributes;
}

async function readEntries(
  sftp: SFTPWrapper,
  calls: Calls,
  attempt: string,
  handle: Buffer,
): Promise<readonly SftpEntry[]> {
  const entries: SftpEntry[] = [];
  const more = () =>
    calls.run<readonly Named[] | null>(attempt, (done) => {
      const answered: Done<readonly Named[]> = (error, some) => {
        if (error && statusOf(error) === END_OF_FILE) done(null, null);
        else done(error, some);
      };
      sftp.readdir(handle as never, answered as never);
    });
  const take = (some: readonly Named[] | null) => {
    for (const { filename, attrs } of some ?? []) entries.push(toEntry(filename, attrs));
  };
  while (entries.length <= MOST_ENTRIES) {
    // Most directories are one answer, and one that says that this was all.
    const [some, rest] = await Promise.all([more(), more()]);
    take(some);
    take(rest);
    if (some === null || rest === null) return entries;
  }
  throw new CutoverError('E_REMOTE', `Could not ${attempt}: it has more than ${MOST_ENTRIES} entries.`);
}
