import { assign, enqueueActions, sendParent, setup } from 'xstate';
import type { Outcome } from '../contract/index.ts';
import { type Ended, type Settled, serverMachine, type Verdict } from './serverMachine.ts';

type Rest = Settled | Ended;

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

const group = setup({
  types: {
    input: {} as { servers: readonly string[] },
    context: {} as {
      servers: readonly string[];
      rests: Readonly<Record<string, Rest>>;
      cancelled: boolean;
      outcome: Outcome;
    },
    events: {} as { type: 'server.settled'; server: string; as: Rest } | { type: 'cancel' },
    output: {} as Outcome,
  },
  actors: { server: reportingServer },
  actions: {
    note: assign({
      rests: ({ context, event }) =>
        event.type === 'server.settled' ? { ...context.rests, [event.server]: event.as } : context.rests,
    }),
    noteCancel: assign({ cancelled: true }),
    conclude: assign({ outcome: (_, params: { as: Outcome }) => params.as }),
    tellAll: enqueueActions(({ context, enqueue }, verdict: Verdict) => {
      enqueue.assign({ rests: {} });
      for (const name of context.servers) enqueue.sendTo(name, verdict);
    }),
  },
  guards: {
    allRest: ({ context }) => context.servers.every((name) => name in context.rests),
    allAre: ({ context }, params: { as: Rest }) =>
      context.servers.every((name) => context.rests[name] === params.as),
    mayGoOn: ({ context }, params: { as: Rest }) =>
      !context.cancelled && context.servers.every((name) => context.rests[name] === params.as),
  },
});

/**
 * The transaction over a group. It decides only when every server rests, so it never takes back a server that is
 * still moving; a wish to stop counts until every server is live.
 */
export const groupMachine = group.createMachine({
  id: 'group',
  context: ({ input, spawn }) => {
    for (const name of input.servers) spawn('server', { id: name, input: { server: name } });
    return { servers: input.servers, rests: {}, cancelled: false, outcome: 'stranded' };
  },
  on: { 'server.settled': { actions: 'note' } },
  initial: 'staging',
  states: {
    staging: {
      on: { cancel: { actions: 'noteCancel' } },
      always: [
        { guard: { type: 'mayGoOn', params: { as: 'staged' } }, target: 'activating' },
        { guard: 'allRest', target: 'compensating' },
      ],
    },
    activating: {
      entry: { type: 'tellAll', params: { type: 'activate' } },
      on: { cancel: { actions: 'noteCancel' } },
      always: [
        { guard: { type: 'mayGoOn', params: { as: 'live' } }, target: 'pruning' },
        { guard: 'allRest', target: 'compensating' },
      ],
    },
    pruning: {
      entry: { type: 'tellAll', params: { type: 'commit' } },
      always: [{ guard: 'allRest', target: 'committed' }],
    },
    compensating: {
      entry: { type: 'tellAll', params: { type: 'revert' } },
      always: [
        { guard: { type: 'allAre', params: { as: 'reverted' } }, target: 'compensated' },
        { guard: 'allRest', target: 'stranded' },
      ],
    },
    committed: { entry: { type: 'conclude', params: { as: 'committed' } }, type: 'final' },
    compensated: { entry: { type: 'conclude', params: { as: 'compensated' } }, type: 'final' },
    stranded: { entry: { type: 'conclude', params: { as: 'stranded' } }, type: 'final' },
  },
  output: ({ context }) => context.outcome,
});
