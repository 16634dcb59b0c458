/** `foreign`: a directory that the ledger does not know. */
export type ReleaseState = 'ready' | 'active' | 'succeeded' | 'failed' | 'bad' | 'foreign';

/** One line of `.cutover/ledger`. The line that calls a release ready has all; later ones only what changed. */
export interface LedgerEntry {
  readonly release: string;
  readonly state: Exclude<ReleaseState, 'foreign'>;
  /** ISO 8601. */
  readonly at: string;
  readonly by?: string;
  readonly revision?: string | null;
  /** Names the tree it was made from, as `Snapshot.state`. */
  readonly manifest?: string;
  /** Hash of the configuration it was made with. */
  readonly configuration?: string;
  /** Who deployed it although the environment was frozen. */
  readonly override?: Override;
  /** Somebody went back to a directory that cutover did not make. It stays foreign: never counted, never removed. */
  readonly foreign?: true;
  /** True: a rollback went here, and what is live stays. False: that is over. Left out: as it was. See `pinOf`. */
  readonly pinned?: boolean;
  /** It failed behind its activation and stays live by `onFailure: keep`. The line behind it ends that. */
  readonly kept?: true;
  /** With a success, or where it was kept: servers that were left out of it. Left out: none was. */
  readonly absent?: readonly string[];
}

export interface Override {
  /** `user@host` */
  readonly by: string;
  readonly reason: string;
}

/** What the ledger says of one release, all its lines taken together. */
export interface LedgerRecord extends LedgerEntry {
  readonly revision: string | null;
}

/** Unreadable lines are passed over: a line may be torn, and a newer version may write what we do not know. */
export function parseLedger(text: string): readonly LedgerEntry[] {
  return text.split('\n').flatMap((line) => {
    const entry = parseLine(line);
    return entry ? [entry] : [];
  });
}

export function formatLedgerEntry(entry: LedgerEntry): string {
  return JSON.stringify(entry);
}

/** One record a release, in the order of their ids. */
export function foldLedger(entries: readonly LedgerEntry[]): ReadonlyMap<string, LedgerRecord> {
  const records = new Map<string, LedgerRecord>();
  for (const entry of entries) {
    const earlier = records.get(entry.release);
    records.set(entry.release, {
      ...carriedOver(earlier, entry),
      ...entry,
      revision: entry.revision ?? earlier?.revision ?? null,
    });
  }
  return new Map([...records].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** What came to an end says who was left out of it, and every line whether it failed and was kept. */
function carriedOver(earlier: LedgerRecord | undefined, entry: LedgerEntry): Partial<LedgerRecord> {
  const { absent, kept: _, ...rest } = earlier ?? {};
  return isAtEnd(entry) || absent === undefined ? rest : { ...rest, absent };
}

/** Did a transaction end with this release live: well, or kept although it failed? */
export function isAtEnd({ state, kept }: Pick<LedgerEntry, 'state' | 'kept'>): boolean {
  return state === 'succeeded' || kept === true;
}

const STATES: ReadonlySet<string> = new Set(['ready', 'active', 'succeeded', 'failed', 'bad']);

function parseLine(line: string): LedgerEntry | null {
  try {
    const value = JSON.parse(line) as LedgerEntry;
    return typeof value.release === 'string' &&
      STATES.has(value.state) &&
      typeof value.at === 'string' &&
      Array.isArray(value.absent ?? [])
      ? value
      : null;
  } catch {
    return null;
  }
}
