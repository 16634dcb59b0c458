import { generationNumber, parseLockRecord } from '../lock/record.ts';
import type { LockSeen } from '../remote/observation.ts';
import type { LockOwner } from './results.ts';

/** Who holds the lock; null when nobody does. */
export function lockOwner(lock: LockSeen): LockOwner | null {
  const record = lock.record === null ? null : parseLockRecord(lock.record);
  if (record === null || lock.generation === null) return null;
  return {
    by: record.by,
    since: record.since,
    release: record.release,
    generation: generationNumber(lock.generation),
    message: record.message,
    beatAgeSec: record.message === null ? lock.beatAgeSec : null,
  };
}
