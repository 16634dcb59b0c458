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
  /** Tells the process from every other of this number (`processMark`); null where that cannot be told. */
  readonly mark: string | null;
  /** Why a person locked by hand; null for the lock of a run. */
  readonly message: string | null;
}

type Later = 'mark' | 'message';

/** The text of a generation that nobody holds. */
export const RELEASED = 'released';

/** What came with later versions may be left out. */
export function formatLockRecord(record: Omit<LockRecord, Later> & Partial<Pick<LockRecord, Later>>): string {
  const { nonce, by, pid, since, release, mark = null, message = null } = record;
  const fields = [nonce, shortened(by), String(pid), since, release ?? '-'].map(encodeURIComponent);
  if (mark !== null || message !== null) fields.push(encodeURIComponent(mark ?? '-'));
  if (message !== null) fields.push(encodeMessage(message));
  return ['v1', ...fields].join(' ');
}

/** XFS takes 1023 bytes for the text of a link. */
const LONGEST_OWNER_BYTES = 300;
const LONGEST_MESSAGE_BYTES = 450;

/** Whether a record has room for this message. */
export function fitsIntoRecord(message: string): boolean {
  return encodeMessage(message).length <= LONGEST_MESSAGE_BYTES;
}

function encodeMessage(message: string): string {
  return encodeURIComponent(message.toWellFormed()).replaceAll('%20', '+');
}

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
    return { nonce: text, by: 'somebody', pid: 0, since: '', release: null, mark: null, message: null };
  const [nonce, by, pid, since, release, mark] = fields.map(decode) as [
    ...[string, string, string, string, string],
    string?,
  ];
  return {
    nonce,
    by,
    pid: Number(pid),
    since,
    release: release === '-' ? null : release,
    mark: mark === undefined || mark === '-' ? null : mark,
    message: fields[6] === undefined ? null : decode(fields[6].replaceAll('+', '%20')),
  };
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
