import type { EnvironmentConfig } from '../config/types.ts';
import { describeStanding } from '../journal/merge.ts';
import { isGone, systemProcesses } from '../lock/holder.ts';
import { parseLockRecord } from '../lock/record.ts';
import { LEASE_SEC } from '../lock/takeOver.ts';
import { markInWords } from '../plan/marks.ts';
import { pinRefusals } from '../plan/refusals.ts';
import { markInForce } from '../remote/marks.ts';
import type { LockSeen, Observation } from '../remote/observation.ts';
import { warning, wrong } from './finding.ts';
import { lockOwner } from './lockOwner.ts';
import { openTransactionOf } from './openTransaction.ts';
import type { Finding } from './results.ts';
import { pausedIn } from './takePart.ts';

export interface Standing {
  readonly environment: EnvironmentConfig;
  /** All servers that were reached. */
  readonly seen: ReadonlyMap<string, Observation>;
  readonly now: Date;
  readonly ownPid: number;
}

/** What people and earlier runs have left on a server, and a deployment would stop at. */
export function standingFindings(name: string, standing: Standing): readonly Finding[] {
  return [
    ...openFindings(name, standing),
    ...lockFindings(name, standing),
    ...pinFindings(name, standing),
    ...pauseFindings(name, standing),
    ...freezeFindings(name, standing),
  ];
}

/** What a run that may live is at work on is its own business. */
function openFindings(name: string, { environment, seen, ownPid }: Standing): readonly Finding[] {
  const merged = openTransactionOf(seen);
  if (merged.type === 'nothing') return [];
  if ([...seen.values()].some(({ lock }) => holderOf(lock, ownPid) === 'run')) return [];
  const resume = `cutover resume ${environment.name}`;
  if (merged.type === 'several') {
    const opening = merged.openings.get(name);
    if (opening === undefined) return [];
    const what = `${kindInWords(opening.plan)} is open here, and another one elsewhere`;
    return [wrong(`${what}: ${openingInWords(opening)}`, `${resume} --server ${name}`)];
  }
  const { opening, facts } = merged;
  if (!opening.plan.servers.some((server) => server.name === name)) return [];
  return [
    wrong(
      `${kindInWords(opening.plan)} is open: ${openingInWords(opening)}; ${describeStanding(facts, name)}`,
      `${resume}, or to take it back: ${resume} --abort`,
    ),
  ];
}

type Opening = Extract<ReturnType<typeof openTransactionOf>, { type: 'one' }>['opening'];

function kindInWords({ kind }: Opening['plan']): string {
  return kind === 'deploy' ? 'an earlier deployment' : 'an earlier rollback';
}

function openingInWords({ plan, by, at }: Opening): string {
  return `release ${plan.release}, by ${by}, begun ${at}`;
}

function lockFindings(name: string, standing: Standing): readonly Finding[] {
  const { environment, seen, ownPid } = standing;
  const { lock } = seen.get(name)!;
  const owner = lockOwner(lock);
  if (owner === null) return [];
  const by = `by ${owner.by} since ${owner.since}`;
  const resume = `cutover resume ${environment.name}`;
  const holder = holderOf(lock, ownPid);
  if (holder === 'hand') {
    const what = `it was locked by hand ${by}: ${owner.message}`;
    return [stopping(name, standing)(what, `When that is over: cutover unlock ${environment.name}`)];
  }
  return holder === 'gone'
    ? [warning(`it is locked ${by}, and that run is gone`, resume)]
    : [
        warning(
          `it is locked ${by}`,
          `To wait until that run is done: --lock-wait 5m. If it is dead: ${resume}`,
        ),
      ];
}

/** `gone`: a run that the next one takes the lock from. */
function holderOf({ record, beatAgeSec }: LockSeen, ownPid: number): 'hand' | 'run' | 'gone' | null {
  const holder = record === null ? null : parseLockRecord(record);
  if (holder === null) return null;
  if (holder.message !== null) return 'hand';
  const isSilent = beatAgeSec !== null && beatAgeSec >= LEASE_SEC;
  return isSilent || isGone(holder, systemProcesses, ownPid) ? 'gone' : 'run';
}

function pinFindings(name: string, standing: Standing): readonly Finding[] {
  const { seen, environment } = standing;
  return pinRefusals(name, seen.get(name)!, environment.name).map(({ why, fix }) =>
    stopping(name, standing)(why, fix),
  );
}

function pauseFindings(name: string, { seen, environment, now }: Standing): readonly Finding[] {
  const paused = pausedIn(seen, now);
  const own = paused.find((each) => each.name === name);
  if (own === undefined) return [];
  const fix = `When that is over: cutover unpause ${environment.name} ${name}`;
  const what = `it is paused ${markInWords(own.mark)}`;
  return paused.length === seen.size
    ? [wrong(`${what}; so is every other server, and deployments are refused`, fix)]
    : [warning(`${what}; deployments leave it out`, fix)];
}

/** One server that carries the mark is enough, also one that is paused. */
function freezeFindings(name: string, { seen, environment, now }: Standing): readonly Finding[] {
  const { frozen, clock } = seen.get(name)!;
  const mark = markInForce(frozen, clock, now);
  if (mark === null) return [];
  return [
    wrong(
      `${environment.name} is frozen ${markInWords(mark)}; deployments are refused`,
      `When that is over: cutover unfreeze ${environment.name}. To go on all the same: --override --reason TEXT`,
    ),
  ];
}

/** A server that is paused is left out, whatever else stands on it. */
function stopping(name: string, { seen, now }: Standing): typeof warning {
  return pausedIn(seen, now).some((each) => each.name === name) ? warning : wrong;
}
