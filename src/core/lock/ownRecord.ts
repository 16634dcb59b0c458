import { type Processes, processMark } from './holder.ts';
import { formatLockRecord, type LockRecord } from './record.ts';

/** Who takes a lock. */
export interface Owner extends Pick<LockRecord, 'by' | 'pid' | 'release'> {
  readonly since: Date;
  /** Why a person locks by hand. Default: it is a run that locks. */
  readonly message?: string | null;
}

/**
 * The texts of the locks of this process, by the names of the servers. `nonce` is one run's alone. Each has a text of its own:
 * who meets its own text has taken the lock, and two names may lead to one place.
 */
export function ownRecords(
  servers: Iterable<string>,
  owner: Owner,
  nonce: string,
  { processes, together }: { readonly processes: Processes; readonly together: boolean },
): ReadonlyMap<string, string> {
  const { by, pid, release, message = null, since } = owner;
  const mark = processMark(processes, pid);
  const record = { by, pid, since: since.toISOString(), release, mark, message, together };
  return new Map(
    [...servers].map((server, index) => [
      server,
      formatLockRecord({ ...record, nonce: `${nonce}.${index}` }),
    ]),
  );
}
