import type { ServerJournals } from '../journal/serverJournals.ts';
import { releasedLock } from '../lock/release.ts';
import type { Fence, Finished, PruneRequest } from '../remote/engine.ts';
import type { HeldLocks } from './heldLocks.ts';
import type { Group } from './openGroup.ts';

/** The end of a transaction on its servers: the journal is put away, and the lock given back, in one script. */
export interface Ending {
  /**
   * Prunes first, when there is something to prune: then every server is live, and the transaction is committed
   * whatever comes of it. Rejects when nobody knows how far it came.
   */
  finish(server: string, fence: Fence, prune: PruneRequest | null, signal: AbortSignal): Promise<Finished>;
  /** Nothing is left to do there. */
  hasEnded(server: string): boolean;
}

export interface EndingOptions {
  readonly group: Group;
  readonly held: HeldLocks;
  readonly journals: ServerJournals;
  /** Of the transaction. */
  readonly id: string;
  readonly now: () => Date;
}

export function endingOf({ group, held, journals, id, now }: EndingOptions): Ending {
  const ended = new Set<string>();
  return {
    async finish(server, fence, prune, signal) {
      // A sign of life behind the release would take the lock for lost.
      await held.rest(server);
      const closed = { type: 'closed', at: now().toISOString(), outcome: 'committed' };
      const closing = prune === null ? null : JSON.stringify(closed);
      const end = await group.engines.get(server)!.finish(fence, { prune, journal: id, closing }, signal);
      ended.add(server);
      journals.end(server);
      if (end.released) held.returned(releasedLock(server, end));
      if (end.closeFailure !== null) {
        const message = `the journal could not be closed: ${end.closeFailure.message}`;
        await journals.journal.append({ type: 'problem', server, message });
      }
      return end;
    },
    hasEnded: (server) => ended.has(server),
  };
}
