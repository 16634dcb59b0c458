import { CutoverError, messageOf } from '../contract/index.ts';
import type { Fact } from '../journal/facts.ts';
import { journalOnServers, type ServerJournals } from '../journal/serverJournals.ts';
import { openingOf, parseServerJournal } from '../journal/serverText.ts';
import { runTransaction } from '../transaction/runTransaction.ts';
import { armingOf } from './arming.ts';
import { effectsOf } from './effects.ts';
import { type Ending, endingOf } from './ending.ts';
import { emitNow } from './runtime.ts';
import { skewOf } from './skew.ts';
import type { Transaction } from './transaction.ts';

const CLOSE_DEADLINE_MS = 60_000;

/**
 * Runs a transaction to its end under the locks, journaled here and on every server, and ends it on
 * them unless it is stranded. Gives all its facts. Rejects when the local journal cannot be written.
 */
export async function transact(transaction: Transaction): Promise<readonly Fact[]> {
  const { runtime, group, plan, held } = transaction;
  const signal = () => AbortSignal.timeout(CLOSE_DEADLINE_MS);
  const servers = journalOnServers({
    local: transaction.journal,
    fences: held.locks.fences,
    note: (server, fence) => group.engines.get(server)!.note(fence, signal()),
  });
  const opened = transaction.journal.facts().find((fact) => fact.type === 'opened');
  if (opened?.type !== 'opened') throw new CutoverError('E_BUG', 'The transaction was never opened.');
  const opening = openingOf(plan, opened.by, opened.at);
  for (const name of group.engines.keys()) {
    if (!isOpen(transaction, name) && !isPruned(transaction, name)) servers.open(name, opening);
  }
  const ending = endingOf({ group, held, journals: servers, id: opening.id, now: runtime.now });
  const arming = armingOf(plan);
  const outcome = await runTransaction({
    batches: plan.batches,
    policy: plan.onFailure,
    journal: servers.journal,
    cancel: transaction.cancel,
    clockMs: runtime.clockMs,
    effects: effectsOf(transaction, opening.id, servers, ending, arming),
  }).finally(() => arming.disarmAll());
  if (outcome === 'committed') tellSkew(transaction);
  if (outcome !== 'stranded') await endAll(transaction, servers, ending, signal);
  return transaction.journal.facts();
}

/** Of batches one after the other it says nothing. */
function tellSkew({ runtime, plan, journal }: Transaction): void {
  const skew = skewOf(journal.facts());
  if (skew === null || plan.batches.length > 1) return;
  const message = `All switched within ${skew.skewMs} ms, give or take ${skew.uncertaintyMs} ms.`;
  emitNow(runtime, { type: 'log', server: null, message });
}

function isOpen({ seen }: Transaction, server: string): boolean {
  const journal = seen.get(server)?.journal ?? null;
  return journal !== null && parseServerJournal(journal) !== null;
}

/** An earlier life has ended there already. */
function isPruned({ journal }: Transaction, server: string): boolean {
  return journal
    .facts()
    .some((fact) => fact.type === 'step.done' && fact.step === 'prune' && fact.server === server);
}

/** What cannot be closed is a problem: whoever resumes finds that nothing is left to do, and closes it. */
async function endAll(
  { group, journal }: Transaction,
  servers: ServerJournals,
  ending: Ending,
  signal: () => AbortSignal,
): Promise<void> {
  const left = [...group.engines.keys()].filter((name) => !ending.hasEnded(name));
  await Promise.all(
    left.map(async (name) => {
      const fence = servers.fenceFor(name, { after: null, required: false });
      await ending.finish(name, fence, null, signal()).catch(async (error: unknown) => {
        const message = `the journal could not be closed: ${messageOf(error)}`;
        await journal.append({ type: 'problem', server: name, message });
      });
    }),
  );
}
