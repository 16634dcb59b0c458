import { CutoverError, errorCode, messageOf } from '../../../core/contract/index.ts';

/** Statuses of draft-ietf-secsh-filexfer-02, section 7. */
export const NO_SUCH_FILE = 2;
export const END_OF_FILE = 1;
const FAILURE = 4;

export interface FreeSpace {
  readonly bytes: number;
  readonly inodes: number;
}

/** The status that the server gave, or null. */
export function statusOf(error: unknown): number | null {
  const { code } = error as { code?: unknown };
  return typeof code === 'number' ? code : null;
}

/** What the server refused, with its reason. Errors that are ours already stay as they are. */
export function refusal(attempt: string, error: unknown): CutoverError {
  if (errorCode(error) !== null) return error as CutoverError;
  return new CutoverError(
    'E_REMOTE',
    `Could not ${attempt}: ${WORDS[statusOf(error) ?? -1] ?? messageOf(error)}.`,
    {
      cause: error,
    },
  );
}

/**
 * A full disk, a quota and a name that is taken all arrive as `Failure`: only the file system can tell them apart.
 * `neededBytes` is what was under way, since a part of it may still have fitted.
 */
export async function diagnose(
  attempt: string,
  error: unknown,
  freeSpace: () => Promise<FreeSpace | null>,
  neededBytes = 1,
): Promise<CutoverError> {
  const plain = refusal(attempt, error);
  if (statusOf(error) !== FAILURE) return plain;
  const free = await freeSpace().catch(() => null);
  if (free === null || (free.bytes >= neededBytes && free.inodes > 0)) return plain;
  const what = free.inodes > 0 ? 'the disk is full' : 'the file system has no inodes left';
  return new CutoverError('E_DISK_FULL', `Could not ${attempt}: ${what}.`, {
    hint: 'Make room on the server (`df -h; df -i`), then run the same again.',
    cause: error,
  });
}

const WORDS: Readonly<Record<number, string>> = {
  2: 'there is no such file or directory',
  3: 'permission denied',
  4: 'the server only says "Failure"',
  5: 'the server does not take the name or the request',
  8: 'the server does not support it',
};
