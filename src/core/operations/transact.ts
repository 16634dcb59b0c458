import { CutoverError, messageOf } from '../contract/index.ts';
import type { Fact } from '../journal/facts.ts';
import { journalOnServers, type ServerJournals } from '../journal/serverJournals.ts';
import { openingOf } from '../journal/serverText.ts';
import { runTransaction } from '../transaction/runTransaction.ts';
import { effectsOf } from './effects.ts';
import type { Transaction } from './transaction.ts';

const CLOSE_DEADLINE_MS = 60_000;

/**
 * Runs a transaction to its end under the locks, journaled here and on every server, and closes the servers' journals
 * unless it is stranded. Gives all its facts. Rejects when the local journal cannot be written.
 */
export async function transact(transaction: Transaction): Promise<readonly Fact[]> {
  const { runtime, group, plan, locks } = transaction;
  const signal = () => AbortSignal.timeout(CLOSE_DEADLINE_MS);
  const servers = journalOnServers({
    local: transaction.journal,
    fences: locks.fences,
    note: (server, fence) => group.engines.get(server)!.note(fence, signal()),
  });
  const opened = transaction.journal.facts().find((fact) => fact.type === 'opened');
  if (opened?.type !== 'opened') throw new CutoverError('E_BUG', 'The transaction was never opened.');
  const opening = openingOf(plan, opened.by, opened.at);
  for (const name of group.engines.keys()) {
    if (transaction.seen.get(name)?.journal === null) servers.open(name, opening);
  }
  const outcome = await runTransaction({
    servers: plan.servers.map((server) => server.name),
    journal: servers.journal,
    cancel: transaction.cancel,
    clockMs: runtime.clockMs,
    effects: effectsOf(transaction, servers),
  });
  if (outcome !== 'stranded') await closeJournals(transaction, servers, opening.id, signal);
  return transaction.journal.facts();
}

/** What cannot be closed is a problem: whoever resumes finds that nothing is left to do, and closes it. */
async function closeJournals(
  { group, journal }: Transaction,
  servers: ServerJournals,
  id: string,
  signal: () => AbortSignal,
): Promise<void> {
  await Promise.all(
    [...group.engines].map(async ([name, engine]) => {
      const fence = servers.fenceFor(name, { after: null, required: false });
      await engine.closeJournal(fence, id, signal()).catch(async (error: unknown) => {
        const message = `the journal could not be closed: ${messageOf(error)}`;
        await journal.append({ type: 'problem', server: name, message });
      });
    }),
  );
}
