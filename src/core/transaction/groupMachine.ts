import { assign, enqueueActions, fromPromise, sendParent, setup } from 'xstate';
import type { FailurePolicy, Outcome } from '../contract/index.ts';
import { type Ended, type Settled, serverMachine, type Verdict } from './serverMachine.ts';
import { outcomeOf, verdictsOf } from './verdicts.ts';

type Rest = Settled | Ended;

/** Who takes part, and how they change over. */
export interface GroupInput {
  /** Names of the servers that are switched together, batch after batch. */
  readonly batches: readonly (readonly string[])[];
  readonly policy: FailurePolicy;
}

/** The server machine with a voice: it tells its group where it rests. */
export const reportingServer = serverMachine.provide({
  actions: {
    report: sendParent(({ context }, params: { as: Rest }) => ({
      type: 'server.settled' as const,
      server: context.server,
      as: params.as,
    })),
  },
});

interface GroupContext extends GroupInput {
  /** The batch that is next, or at work. */
  readonly index: number;
  readonly rests: Readonly<Record<string, Rest>>;
  readonly cancelled: boolean;
}

const group = setup({
  types: {
    input: {} as GroupInput,
    context: {} as GroupContext,
    events: {} as { type: 'server.settled'; server: string; as: Rest } | { type: 'cancel' },
    output: {} as Outcome,
  },
  actors: {
    server: reportingServer,
    /** Watches what was switched, before the batch of this index is. */
    bake: fromPromise<void, { readonly index: number }>(async () => {}),
  },
  actions: {
    note: assign({
      rests: ({ context, event }) =>
        event.type === 'server.settled' ? { ...context.rests, [event.server]: event.as } : context.rests,
    }),
    noteCancel: assign({ cancelled: true }),
    nextBatch: assign({ index: ({ context }) => context.index + 1 }),
    /** Whoever is told something does not rest any more. */
    tellBatch: enqueueActions(({ context, enqueue }, verdict: Verdict) => {
      const batch = batchOf(context);
      enqueue.assign({ rests: without(context.rests, batch) });
      for (const name of batch) enqueue.sendTo(name, verdict);
    }),
    tellVerdicts: enqueueActions(({ context, enqueue }) => {
      const { batches, rests, policy, cancelled } = context;
      const verdicts = verdictsOf(rests as Readonly<Record<string, Settled>>, policy, cancelled);
      enqueue.assign({ rests: {} });
      for (const name of batches.flat())
        if (name in verdicts) enqueue.sendTo(name, { type: verdicts[name] } as Verdict);
    }),
  },
  guards: {
    allRest: ({ context }) => restAs(context, context.batches.flat()),
    batchRests: ({ context }) => restAs(context, batchOf(context)),
    /** All are, and nobody has stopped it. */
    allStaged: ({ context }) => !context.cancelled && restAs(context, context.batches.flat(), 'staged'),
    batchArmed: ({ context }) => !context.cancelled && restAs(context, batchOf(context), 'armed'),
    batchLiveAndMore: ({ context }) =>
      !context.cancelled &&
      context.index + 1 < context.batches.length &&
      restAs(context, batchOf(context), 'live'),
  },
});

/**
 * The transaction over a group. It decides only when every server that it moved rests, so it never takes back a server
 * that is still moving; a wish to stop counts until every server is live.
 */
export const groupMachine = group.createMachine({
  id: 'group',
  context: ({ input, spawn }) => {
    for (const name of input.batches.flat()) spawn('server', { id: name, input: { server: name } });
    return { ...input, index: 0, rests: {}, cancelled: false };
  },
  on: { 'server.settled': { actions: 'note' }, cancel: { actions: 'noteCancel' } },
  initial: 'staging',
  states: {
    staging: {
      always: [
        { guard: 'allStaged', target: 'arming' },
        { guard: 'allRest', target: 'concluding' },
      ],
    },
    arming: {
      entry: { type: 'tellBatch', params: { type: 'arm' } },
      always: [
        { guard: 'batchArmed', target: 'switching' },
        { guard: 'batchRests', target: 'concluding' },
      ],
    },
    switching: {
      entry: { type: 'tellBatch', params: { type: 'switch' } },
      always: [
        { guard: 'batchLiveAndMore', target: 'baking' },
        { guard: 'batchRests', target: 'concluding' },
      ],
    },
    baking: {
      invoke: {
        src: 'bake',
        input: ({ context }) => ({ index: context.index + 1 }),
        onDone: { target: 'arming', actions: 'nextBatch' },
        onError: { target: 'concluding', actions: 'noteCancel' },
      },
      on: { cancel: { target: 'concluding', actions: 'noteCancel' } },
    },
    concluding: {
      entry: 'tellVerdicts',
      // It is decided: who wants to stop comes too late.
      on: { cancel: {} },
      always: { guard: 'allRest', target: 'concluded' },
    },
    concluded: { type: 'final' },
  },
  output: ({ context }) => outcomeOf(context.rests as Readonly<Record<string, Ended>>),
});

function batchOf({ batches, index }: GroupContext): readonly string[] {
  return batches[index] ?? [];
}

/** Do all of these rest, and as this? Default: as whatever. */
function restAs({ rests }: GroupContext, names: readonly string[], as?: Rest): boolean {
  return names.every((name) => (as === undefined ? name in rests : rests[name] === as));
}

function without(rests: GroupContext['rests'], names: readonly string[]): GroupContext['rests'] {
  return Object.fromEntries(Object.entries(rests).filter(([name]) => !names.includes(name)));
}
