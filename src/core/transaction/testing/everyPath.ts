import { type EventFrom, initialTransition, type SnapshotFrom, transition } from 'xstate';
import { type GroupInput, groupMachine } from '../groupMachine.ts';
import type { Ended, Settled, Verdict } from '../serverMachine.ts';

type Rest = Settled | Ended;

/** Where one server stands as its own machine would: at rest, or at work on what it was told last. */
export type Standing = { readonly rests: Rest } | { readonly told: Verdict['type'] | 'start' };

export interface Walk {
  readonly snapshot: SnapshotFrom<typeof groupMachine>;
  readonly servers: Readonly<Record<string, Standing>>;
  /** What was heard, in order: `a staged`, `cancel`, `baked`. */
  readonly heard: readonly string[];
  /** Every server that was ever told this. */
  readonly told: Readonly<Record<string, readonly string[]>>;
}

/** What a server can report when it was told this, and where it must rest to hear it. */
const REPORTS: Readonly<Record<Verdict['type'] | 'start', readonly Rest[]>> = {
  start: ['staged', 'failed'],
  arm: ['armed', 'failed'],
  switch: ['live', 'launchFailed', 'failed'],
  commit: ['pruned'],
  revert: ['reverted', 'stranded'],
};
const HEARS: Readonly<Record<Verdict['type'], readonly Rest[]>> = {
  arm: ['staged'],
  switch: ['armed'],
  commit: ['live', 'launchFailed'],
  revert: ['staged', 'armed', 'live', 'launchFailed', 'failed'],
};

/**
 * Every state that a group can come to, with one way there: all orders in which its servers report all that they can, and
 * a wish to stop at any time. Throws when a server is told something that it would not hear.
 */
export function everyWalk(input: GroupInput): readonly Walk[] {
  const [snapshot, actions] = initialTransition(groupMachine, input);
  const servers = Object.fromEntries(
    input.batches.flat().map((name) => [name, { told: 'start' } as Standing]),
  );
  const open: Walk[] = [tell({ snapshot, servers, heard: [], told: {} }, actions)];
  const found = new Map<string, Walk>();
  for (let walk = open.pop(); walk !== undefined; walk = open.pop()) {
    const { value, context } = walk.snapshot;
    const key = JSON.stringify([value, context, Object.entries(walk.servers).sort()]);
    if (found.has(key)) continue;
    found.set(key, walk);
    if (walk.snapshot.status === 'active') open.push(...next(walk));
  }
  return [...found.values()];
}

function next(walk: Walk): readonly Walk[] {
  const reports = Object.entries(walk.servers).flatMap(([server, standing]) =>
    'rests' in standing
      ? []
      : REPORTS[standing.told].map((as) => {
          const servers = { ...walk.servers, [server]: { rests: as } };
          return go({ ...walk, servers }, { type: 'server.settled', server, as }, `${server} ${as}`);
        }),
  );
  const cancel = { type: 'cancel' } as const;
  const baked = { type: 'xstate.done.actor.0.group.baking', output: undefined } as never;
  return [
    ...reports,
    ...(walk.snapshot.can(cancel) ? [go(walk, cancel, 'cancel')] : []),
    ...(walk.snapshot.value === 'baking' ? [go(walk, baked, 'baked')] : []),
  ];
}

function go(walk: Walk, event: EventFrom<typeof groupMachine>, what: string): Walk {
  const [snapshot, actions] = transition(groupMachine, walk.snapshot, event);
  return tell({ ...walk, snapshot, heard: [...walk.heard, what] }, actions);
}

/** Gives each server what the group has sent it. */
function tell(walk: Walk, actions: readonly { readonly type: string; readonly params?: unknown }[]): Walk {
  const sent = actions.filter(({ type }) => type === 'xstate.sendTo').map(({ params }) => params as Sent);
  const servers: Record<string, Standing> = { ...walk.servers };
  const told: Record<string, readonly string[]> = { ...walk.told };
  for (const { targetId, event } of sent) {
    const standing = servers[targetId]!;
    if (!('rests' in standing) || !HEARS[event.type].includes(standing.rests))
      throw new Error(`${targetId} is told to ${event.type} after ${walk.heard.join(', ')}`);
    servers[targetId] = { told: event.type };
    told[event.type] = [...(told[event.type] ?? []), targetId];
  }
  return { ...walk, servers, told };
}

interface Sent {
  readonly targetId: string;
  readonly event: Verdict;
}
