import { CutoverError, STEPS, type StepName } from '../contract/index.ts';
import type { Fact } from '../journal/facts.ts';
import { describeStanding, isReverting, type Merged, mergeJournals } from '../journal/merge.ts';
import { parseServerJournal } from '../journal/serverText.ts';
import type { Plan, ServerPlan } from '../plan/types.ts';
import { foldLedger } from '../release/ledger.ts';
import { currentText } from '../release/paths.ts';
import type { Observation } from '../remote/observation.ts';
import { lockOwner } from './lockOwner.ts';

/** What the servers' journals say together of a transaction that was begun and not ended. */
export function openTransactionOf(seen: ReadonlyMap<string, Observation>): Merged {
  const merged = mergeJournals(
    new Map(
      [...seen].flatMap(([name, { journal }]) => {
        const parsed = journal === null ? null : parseServerJournal(journal);
        return parsed === null ? [] : [[name, parsed]];
      }),
    ),
  );
  if (merged.type !== 'one') return merged;
  const { plan } = merged.opening;
  const closed = plan.servers.filter(({ name }) => seen.get(name)?.journal === null);
  const stayed = closed.filter((server) => isSwitched(plan, server, seen.get(server.name)!));
  const ended = stayed.flatMap(({ name }) => stayedOn(merged, name, seen.get(name)!));
  const facts = [...merged.facts, ...ended];
  const others = closed.filter((server) => !stayed.includes(server));
  const ends = others.flatMap((server) => endOn({ ...merged, facts }, server, seen.get(server.name)!));
  return { ...merged, facts: [...facts, ...ends] };
}

/** One that was lost before its own switch has not written down that others were switched: what is live there tells. */
function isSwitched(
  { release }: Pick<Plan, 'release'>,
  { expects }: Pick<ServerPlan, 'expects'>,
  seen: Observation,
): boolean {
  const text = currentOf(seen);
  return text === currentText(release) && text !== expects.current;
}

function currentOf({ current }: Observation): string | null {
  return current.kind === 'link' ? current.text : null;
}

/**
 * What a server has done that has ended the transaction already, and closed its journal, while others have not. Nothing
 * is activated before every server has a journal; so where one was and none is, it has been closed. By `current` one sees
 * what was decided: the release stays once the first server ends with it, and nobody ends who has not gone back.
 */
function endOn(
  { opening, facts }: OneOpen,
  { name, expects }: Pick<ServerPlan, 'name' | 'expects'>,
  seen: Observation,
): readonly Fact[] {
  const activates = facts.some((fact) => fact.type === 'step.begun' && fact.step === 'activate');
  if (!activates || isReverting(facts, opening.plan.onFailure)) return [];
  const text = currentOf(seen);
  // Where the release was live before, too, its being there tells nothing of going back.
  const isBack = text === expects.current && text !== currentText(opening.plan.release);
  return isBack ? wentBack(name, opening.at) : stayedOn({ opening }, name, seen);
}

/** Its ledger tells where it failed and was kept: who resumes has to decide the same for the others. */
function stayedOn({ opening: { plan, at } }: Pick<OneOpen, 'opening'>, server: string, seen: Observation) {
  const facts = done(server, STEPS, at);
  if (foldLedger(seen.ledger).get(plan.release)?.kept !== true) return facts;
  const failure = {
    code: 'E_UNKNOWN',
    message: `${server}: it failed in an earlier run and was kept`,
    hint: null,
  } as const;
  return facts.map(
    (fact): Fact =>
      fact.type === 'step.done' && fact.step === 'postLaunch'
        ? { type: 'step.failed', at, server, step: 'postLaunch', ms: 0, failure }
        : fact,
  );
}

function wentBack(server: string, at: string): readonly Fact[] {
  return [
    ...done(server, BEFORE_THE_SWITCH, at),
    { type: 'undo.begun', at, server },
    { type: 'undo.done', at, server, ms: 0, output: null },
  ];
}

const BEFORE_THE_SWITCH = STEPS.slice(0, STEPS.indexOf('activate'));

function done(server: string, steps: readonly StepName[], at: string): readonly Fact[] {
  return steps.flatMap((step): Fact[] => [
    { type: 'step.begun', at, server, step },
    { type: 'step.done', at, server, step, ms: 0, output: null },
  ]);
}

type OneOpen = Extract<Merged, { type: 'one' }>;

/** Throws `E_OPEN_TRANSACTION`: which one, by whom, since when, where it stands, and what to type. */
export function refuseOpenTransaction(seen: ReadonlyMap<string, Observation>, environment: string): void {
  const merged = openTransactionOf(seen);
  if (merged.type === 'nothing') return;
  const hint = `cutover resume ${environment}, or to take it back: cutover resume ${environment} --abort`;
  if (merged.type === 'several') throw severalOpen(merged);
  const { opening, facts } = merged;
  const what = opening.plan.kind === 'deploy' ? 'deployment' : 'rollback';
  const where = opening.plan.servers.map(({ name }) => `${name}: ${describeStanding(facts, name)}`);
  throw new CutoverError(
    'E_OPEN_TRANSACTION',
    `An earlier ${what} is open: release ${opening.plan.release}, by ${opening.by}, begun ${opening.at}. Nothing was touched.\nThe last that each server has written down; more may be done there:\n${where.join('\n')}`,
    { hint },
  );
}

/**
 * Is a transaction open that nobody is at work on? Throws `E_OPEN_TRANSACTION` then. While a lock is held this gives
 * true: whether its holder lives is found out by whoever tries to take it.
 */
export function isInTransaction(seen: ReadonlyMap<string, Observation>, environment: string): boolean {
  if (openTransactionOf(seen).type === 'nothing') return false;
  if ([...seen.values()].every(({ lock }) => lockOwner(lock) === null))
    refuseOpenTransaction(seen, environment);
  return true;
}

/** No program can tell which of them a person wants. */
export function severalOpen(merged: Extract<Merged, { type: 'several' }>): CutoverError {
  const lines = [...merged.openings].map(
    ([name, { plan, by, at }]) => `${name}: ${plan.kind} ${plan.release}, by ${by}, begun ${at}`,
  );
  return new CutoverError(
    'E_OPEN_TRANSACTION',
    `Different transactions are open on the servers. Nothing was touched.\n${lines.join('\n')}`,
    { hint: 'End them one by one: cutover resume ENVIRONMENT --server NAME' },
  );
}
