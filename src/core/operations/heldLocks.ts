import type { Journal } from '../journal/journal.ts';
import { type Locks, type ReleasedLock, releaseLocks } from '../lock/acquire.ts';
import { type KeepOptions, keepLocks } from '../lock/keep.ts';
import type { Group } from './openGroup.ts';
import { emitNow, type Runtime } from './runtime.ts';

/** The locks of a group, kept alive until they are given back. */
export interface HeldLocks extends AsyncDisposable {
  readonly locks: Locks;
  /** From now on a lock that is lost is a problem of this run. */
  writeTo(journal: Journal): void;
  /** Resolves once no sign of life goes to this server any more. */
  rest(server: string): Promise<void>;
  /** This one was given back by the last script of its server. */
  returned(lock: ReleasedLock): void;
  /** These take no part any more: gives theirs back now. */
  leave(servers: readonly string[]): Promise<void>;
  /** Gives back what was not given back yet, and tells of all. The second time it only tells. */
  release(): Promise<readonly ReleasedLock[]>;
}

/** A lock that is lost stops nothing here: the server itself stops what would follow. */
export function holdLocks(
  runtime: Runtime,
  group: Pick<Group, 'engines'>,
  locks: Locks,
  timing: Pick<KeepOptions, 'sleep'> = {},
): HeldLocks {
  let journal: Journal | null = null;
  const returned = new Map<string, ReleasedLock>();
  const keeping = keepLocks(group.engines, locks.fences, {
    ...timing,
    onLost(server, error) {
      const why = error.message.replace(`${server}: `, '');
      const message = `the lock was lost while this ran: ${why}`;
      if (journal === null || journal.facts().length === 0)
        emitNow(runtime, { type: 'log', server, message });
      // What cannot be written any more is found, and told, by the transaction itself.
      else journal.append({ type: 'problem', server, message }).catch(() => {});
    },
  });
  const giveBackOf = async (isLeft: (server: string) => boolean) => {
    const left = new Map([...locks.fences].filter(([server]) => !returned.has(server) && isLeft(server)));
    for (const lock of await releaseLocks(group.engines, left)) returned.set(lock.server, lock);
  };
  const giveBack = async () => {
    await keeping.stop();
    await giveBackOf(() => true);
    return [...locks.fences.keys()].map((server) => returned.get(server)!);
  };
  let releasing: Promise<readonly ReleasedLock[]> | null = null;
  const release = () => {
    releasing ??= giveBack();
    return releasing;
  };
  return {
    locks,
    writeTo(to) {
      journal = to;
    },
    rest: (server) => keeping.stop(server),
    returned: (lock) => void returned.set(lock.server, lock),
    async leave(servers) {
      await Promise.all(servers.map((server) => keeping.stop(server)));
      await giveBackOf((server) => servers.includes(server));
    },
    release,
    [Symbol.asyncDispose]: async () => void (await release()),
  };
}
