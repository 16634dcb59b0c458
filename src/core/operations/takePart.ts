import { CutoverError } from '../contract/index.ts';
import { type Freeze, freezeInWords, freezesOf, markInWords } from '../plan/marks.ts';
import type { AbsentServer } from '../plan/types.ts';
import type { Override } from '../release/ledger.ts';
import { type Mark, markInForce } from '../remote/marks.ts';
import type { Observation } from '../remote/observation.ts';
import type { Reached } from './leaveOut.ts';
import { narrowGroup } from './openGroup.ts';

/** The servers that a plan is made for, once those that people keep out of it are left out too. */
export interface TakingPart extends Reached {
  /** Marks in force on any server that was looked at. */
  readonly frozen: readonly Freeze[];
}

/** Leaves out the servers that are paused. Throws `E_REFUSED` when none is left. */
export function leavePausedOut({ group, seen, absent }: Reached, now: Date): TakingPart {
  const paused = pausedIn(seen, now);
  const frozen = frozenIn(seen, now);
  if (paused.length === 0) return { group, seen, absent, frozen };
  if (paused.length === seen.size) throw allPaused(group.environment.name, paused);
  const names = new Set(paused.map(({ name }) => name));
  const left = new Map([...seen].filter(([name]) => !names.has(name)));
  const narrowed = narrowGroup(group, [...left.keys()]);
  return { group: narrowed, seen: left, absent: [...absent, ...paused], frozen };
}

/** Throws `E_REFUSED`: by whom, why, until when, and on which servers. */
export function refuseFrozen(
  frozen: readonly Freeze[],
  environment: string,
  override: Override | null,
): void {
  if (frozen.length === 0 || override !== null) return;
  const lines = frozen.map((freeze) => `${environment} is ${freezeInWords(freeze)}.`);
  throw new CutoverError('E_REFUSED', `Nothing was touched. ${lines.join('\n')}`, {
    hint: `cutover unfreeze ${environment}, or to go on all the same: --override --reason TEXT`,
  });
}

/**
 * For another look, under the locks: people do not lock before they mark. Throws `E_STALE` when one that takes part is
 * paused now, and as `refuseFrozen`.
 */
export function requireUnmarked(
  seen: ReadonlyMap<string, Observation>,
  { now, environment, override }: { now: Date; environment: string; override: Override | null },
): void {
  const paused = pausedIn(seen, now).map(({ name, mark }) => `${name}: it is paused ${markInWords(mark!)}`);
  if (paused.length > 0)
    throw new CutoverError('E_STALE', `The plan is stale; nothing was touched.\n${paused.join('\n')}`, {
      hint: `cutover plan ${environment}`,
    });
  refuseFrozen(frozenIn(seen, now), environment, override);
}

/** What is overridden is told only where something is. */
export function overrideOf(frozen: readonly Freeze[], reason: string | null, by: string): Override | null {
  return frozen.length === 0 || reason === null ? null : { by, reason };
}

export function pausedIn(
  seen: ReadonlyMap<string, Observation>,
  now: Date,
): readonly (AbsentServer & Marked)[] {
  return [...seen].flatMap(([name, { paused, clock }]) => {
    const mark = markInForce(paused, clock, now);
    return mark === null ? [] : [{ name, why: 'paused' as const, mark }];
  });
}

export interface Marked {
  readonly mark: Mark;
}

export function frozenIn(seen: ReadonlyMap<string, Observation>, now: Date): readonly Freeze[] {
  return freezesOf(
    [...seen].flatMap(([name, { frozen, clock }]) => {
      const mark = markInForce(frozen, clock, now);
      return mark === null ? [] : [{ name, mark }];
    }),
  );
}

function allPaused(environment: string, paused: readonly (AbsentServer & Marked)[]): CutoverError {
  const lines = paused.map(({ name, mark }) => `${name}: it is paused ${markInWords(mark)}`);
  return new CutoverError('E_REFUSED', `Every server is paused; nothing was touched.\n${lines.join('\n')}`, {
    hint: `cutover unpause ${environment} ${paused[0]!.name}`,
  });
}
