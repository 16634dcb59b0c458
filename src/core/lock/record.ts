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
  /** One of several that are tried for at once: it is given back unless all of them are got. */
  readonly together: boolean;
}

type Later = 'mark' | 'message' | 'together';

/** The text of a generation that nobody holds. */
export const RELEASED = 'released';

/** What came with later versions may be left out. */
export function formatLockRecord(record: Omit<LockRecord, Later> & Partial<Pick<LockRecord, Later>>): string {
  const { nonce, by, pid, since, release, mark = null, message = null, together = false } = record;
  const fields = [nonce, shortened(by), String(pid), since, release ?? '-'].map(encodeURIComponent);
  if (mark !== null || message !== null || together) fields.push(encodeURIComponent(mark ?? '-'));
  if (message !== null || together) fields.push(message === null ? '-' : encodeMessage(message));
  if (together) fields.push(TOGETHER);
  return ['v1', ...fields].join(' ');
}

const TOGETHER = 'together';

/** XFS takes 1023 bytes for the text of a link. */
const LONGEST_OWNER_BYTES = 300;
const LONGEST_MESSAGE_BYTES = 450;

/** Whether a record has room for this message. */
export function fitsIntoRecord(message: string): boolean {
  return encodeMessage(message).length <= LONGEST_MESSAGE_BYTES;
}

function encodeMessage(message: string): string {
  const text = encodeURIComponent(message.toWellFormed()).replaceAll('%20', '+');
  return text === '-' ? '%2D' : text;
}

function shortened(by: string): string {
  let kept = '';
  for (const character of by.toWellFormed()) {
    if (encodeURIComponent(kept + character).length > LONGEST_OWNER_BYTES) break;
    kept += character;
  }
  return kept;
}

const NOBODY: LockRecord = {
  nonce: '',
  by: 'somebody',
  pid: 0,
  since: '',
  release: null,
  mark: null,
  message: null,
  together: false,
};

/** Null for `released`. A text of another version is an owner that cannot be named. */
export function parseLockRecord(text: string): LockRecord | null {
  if (text === RELEASED) return null;
  const [version, ...fields] = text.split(' ');
  if (version !== 'v1' || fields.length < 5) return { ...NOBODY, nonce: text };
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
    message: fields[6] === undefined || fields[6] === '-' ? null : decode(fields[6].replaceAll('+', '%20')),
    together: fields[7] === TOGETHER,
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
