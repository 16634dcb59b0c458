import { type Processes, processMark } from './holder.ts';
import { formatLockRecord, type LockRecord } from './record.ts';

/** Who takes a lock. */
export interface Owner extends Pick<LockRecord, 'by' | 'pid' | 'release'> {
  readonly since: Date;
  /** Why a person locks by hand. Default: it is a run that locks. */
  readonly message?: string | null;
}

/** The text of a lock of this process. `nonce` is one run's alone. */
export function ownRecord(owner: Owner, nonce: string, processes: Processes, together: boolean): string {
  const { by, pid, release, message = null, since } = owner;
  const mark = processMark(processes, pid);
  return formatLockRecord({ nonce, by, pid, since: since.toISOString(), release, mark, message, together });
}
