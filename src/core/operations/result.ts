import type { Outcome } from '../contract/index.ts';
import type { Fact, Failure } from '../journal/facts.ts';
import type { ReleasedLock } from '../lock/acquire.ts';
import { markInWords } from '../plan/marks.ts';
import { stepsOf } from '../plan/stepsOf.ts';
import type { AbsentServer, Plan, ServerPlan } from '../plan/types.ts';
import { releaseOf } from '../release/paths.ts';
import type { ServerResult, TransactionResult } from './results.ts';
import { skewOf } from './skew.ts';

/** What came of a transaction: from the journal, and from what the servers said at the end, never from the plan. */
export function resultOf(
  plan: Plan,
  facts: readonly Fact[],
  released: readonly ReleasedLock[],
): TransactionResult {
  const closed = facts.findLast((fact) => fact.type === 'closed');
  const intended = closed?.type === 'closed' ? closed.outcome : 'stranded';
  const servers = plan.servers.map((server) => serverResult(plan, server, facts, intended, released));
  return {
    outcome: servers.some(({ outcome }) => outcome === 'stranded') ? 'stranded' : intended,
    environment: plan.environment,
    kind: plan.kind,
    release: plan.release,
    previous: plan.servers[0]?.current ?? null,
    revision: plan.revision,
    servers,
    activationSkewMs: skewOf(facts)?.skewMs ?? null,
    tookMs: tookMsOf(facts),
    problems: [...leftOut(plan), ...problemsOf(facts), ...released.flatMap(({ problem }) => problem ?? [])],
    interrupted: facts.some((fact) => fact.type === 'cancelled'),
  };
}

function tookMsOf(facts: readonly Fact[]): number | null {
  const opened = facts.find(({ type }) => type === 'opened');
  const last = facts.at(-1);
  return opened && last ? Math.max(0, Date.parse(last.at) - Date.parse(opened.at)) : null;
}

/** Nothing was to be done: every server serves this already. */
export function unchangedResult(plan: Plan): TransactionResult {
  const current = plan.servers[0]?.current ?? null;
  return {
    outcome: 'unchanged',
    environment: plan.environment,
    kind: plan.kind,
    release: current ?? plan.release,
    previous: current,
    revision: plan.revision,
    servers: plan.servers.map(({ name, current }) => unchangedServer(name, current, batchOf(plan, name))),
    activationSkewMs: null,
    tookMs: null,
    problems: leftOut(plan),
    interrupted: false,
  };
}

export function unchangedServer(
  name: string,
  current: string | null,
  batch: ServerResult['batch'],
): ServerResult {
  return {
    name,
    outcome: 'unchanged',
    current,
    uploaded: { files: 0, bytes: 0 },
    removed: 0,
    batch,
    steps: [],
    failure: null,
  };
}

function serverResult(
  plan: Plan,
  server: ServerPlan,
  facts: readonly Fact[],
  intended: Outcome,
  released: readonly ReleasedLock[],
): ServerResult {
  const mine = facts.filter((fact) => 'server' in fact && fact.server === server.name);
  const works = stepsOf(plan.kind);
  const text = released.find((each) => each.server === server.name)?.current;
  const synced = mine.find((fact) => fact.type === 'step.done' && fact.step === 'syncCache');
  const sent = (synced?.type === 'step.done' ? synced.output : null) as {
    files: number;
    bytes: number;
    removed: number;
  } | null;
  return {
    name: server.name,
    outcome: serverOutcome(plan, server, mine, intended, text),
    current:
      text === undefined || text === null ? null : releaseOf(text, [server.path, server.expects.realPath]),
    uploaded: { files: sent?.files ?? 0, bytes: sent?.bytes ?? 0 },
    removed: sent?.removed ?? 0,
    batch: batchOf(plan, server.name),
    steps: mine.flatMap((fact) => {
      const isOfSteps =
        fact.type === 'step.failed' || (fact.type === 'step.done' && works.includes(fact.step));
      return isOfSteps ? [{ name: fact.step, ms: fact.ms }] : [];
    }),
    failure: failureOf(mine),
  };
}

function batchOf({ batches }: Plan, server: string): number | null {
  return batches.length < 2 ? null : batches.findIndex((batch) => batch.includes(server)) + 1;
}

/** The link that was read at the end decides; where it could not be read, nothing is claimed. */
function serverOutcome(
  plan: Plan,
  server: ServerPlan,
  mine: readonly Fact[],
  intended: Outcome,
  text: string | null | undefined,
): Outcome {
  if (text === undefined || undoFailure(mine) !== null) return 'stranded';
  const isNew = text === `releases/${plan.release}`;
  const isOld = text === server.expects.current;
  const wentBack = intended === 'compensated' || mine.some((fact) => fact.type === 'undo.done');
  if (intended === 'stranded' && !wentBack)
    return isNew && isPruned(mine) ? 'committed' : isOld ? 'compensated' : 'stranded';
  if (wentBack) return isOld ? 'compensated' : 'stranded';
  return isNew ? 'committed' : 'stranded';
}

function isPruned(mine: readonly Fact[]): boolean {
  return mine.some((fact) => fact.type === 'step.done' && fact.step === 'prune');
}

/** What went wrong first; why it could not be taken back, when it could not. */
function failureOf(mine: readonly Fact[]): ServerResult['failure'] {
  const undo = undoFailure(mine);
  if (undo !== null) return { ...undo, step: null };
  const step = mine.find((fact) => fact.type === 'step.failed' && fact.step !== 'prune');
  return step?.type === 'step.failed' ? { ...step.failure, step: step.step } : null;
}

/** Somebody who resumed may have taken back what could not be taken back before. */
function undoFailure(mine: readonly Fact[]): Failure | null {
  const last = mine.findLast((fact) => fact.type === 'undo.done' || fact.type === 'undo.failed');
  return last?.type === 'undo.failed' ? last.failure : null;
}

/** By consent, and so no failure. */
export function leftOut({ absent, environment }: Pick<Plan, 'absent' | 'environment'>): readonly string[] {
  return absent.map(
    (server) =>
      `${server.name}: ${whyLeftOut(server)}: cutover catch-up ${environment} --server ${server.name}`,
  );
}

function whyLeftOut({ mark }: AbsentServer): string {
  return mark === undefined
    ? 'it could not be reached and was left out; when it is back'
    : `it is paused ${markInWords(mark)}; it was left out; when that is over`;
}

function problemsOf(facts: readonly Fact[]): readonly string[] {
  return facts.flatMap((fact) => {
    if (fact.type === 'problem')
      return [fact.server === null ? fact.message : `${fact.server}: ${fact.message}`];
    if (fact.type === 'step.failed' && fact.step === 'prune') {
      const { code, message } = fact.failure;
      return [code === 'E_HOOK' ? message : `old releases were not removed: ${message}`];
    }
    return [];
  });
}
