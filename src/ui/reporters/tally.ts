import { STEPS } from '../../core/contract/index.ts';
import { formatDuration } from '../format.ts';

/** A step that all servers, or all that ever will, have done. */
export interface Finished {
  readonly step: string;
  readonly servers: number;
  /** Of the slowest server. */
  readonly ms: number;
}

/** Counts servers per step, so that fifty of them make one line and not fifty. */
export interface Tally {
  /** Once `total` servers have done the step, gives it, and before it what fewer have done of earlier ones. */
  add(step: string, ms: number, total: number): readonly Finished[];
  /** What has been done by some servers only, in the order of the steps. */
  rest(): readonly Finished[];
}

const ORDER: readonly string[] = [...STEPS, 'undo'];

export function createTally(): Tally {
  const open = new Map<string, Finished>();
  const take = (steps: readonly string[]) => {
    const taken = steps.flatMap((step) => open.get(step) ?? []);
    for (const { step } of taken) open.delete(step);
    return taken;
  };
  return {
    add: (step, ms, total) => {
      const before = open.get(step);
      const servers = (before?.servers ?? 0) + 1;
      open.set(step, { step, servers, ms: Math.max(before?.ms ?? 0, ms) });
      return servers < total ? [] : take(ORDER.slice(0, ORDER.indexOf(step) + 1));
    },
    rest: () => take(ORDER),
  };
}

/** `syncCache    1.2 s`, or `syncCache    1.2 s  on 2 of 3 servers`. */
export function finishedText(finished: Finished, total: number): string {
  const time = `${finished.step.padEnd(11)}  ${formatDuration(finished.ms)}`;
  if (total === 1) return time;
  const count = finished.servers === total ? `${total}` : `${finished.servers} of ${total}`;
  return `${time}  on ${count} servers`;
}
