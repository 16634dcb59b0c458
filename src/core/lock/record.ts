/** Who holds the lock. It is the text of a symbolic link, so it is one line of less than a kilobyte. */
export interface LockRecord {
  /** Made for one run: two runs of one person are two owners. */
  readonly nonce: string;
  /** `user@host` */
  readonly by: string;
  readonly pid: number;
  /** ISO 8601, by the clock of the deployer. */
  readonly since: string;
  readonly release: string | null;
}

/** The text of a generation that nobody holds. */
export const RELEASED = 'released';

export function formatLockRecord(record: LockRecord): string {
  const { nonce, by, pid, since, release } = record;
  const fields = [nonce, shortened(by), String(pid), since, release ?? '-'];
  return ['v1', ...fields.map(encodeURIComponent)].join(' ');
}

/** XFS takes 1023 bytes for the text of a link. */
const LONGEST_OWNER_BYTES = 600;

function shortened(by: string): string {
  let kept = '';
  for (const character of by.toWellFormed()) {
    if (encodeURIComponent(kept + character).length > LONGEST_OWNER_BYTES) break;
    kept += character;
  }
  return kept;
}

/** Null for `released`. A text of another version is an owner that cannot be named. */
export function parseLockRecord(text: string): LockRecord | null {
  if (text === RELEASED) return null;
  const [version, ...fields] = text.split(' ');
  if (version !== 'v1' || fields.length < 5)
    return { nonce: text, by: 'somebody', pid: 0, since: '', release: null };
  const [nonce, by, pid, since, release] = fields.map(decode) as [string, string, string, string, string];
  return { nonce, by, pid: Number(pid), since, release: release === '-' ? null : release };
}

export function generationNumber(name: string): number {
  return Number(name.replace(/^g-0*(?=\d)/, ''));
}

function decode(field: string): string {
  try {
    return decodeURIComponent(field);
  } catch {
    return field;
  }
}
