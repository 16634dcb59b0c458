import { expect, test } from 'vitest';
import type { AnyActorLogic, AnyStateMachine, EventObject } from 'xstate';
import { getShortestPaths } from 'xstate/graph';
import { groupMachine } from './groupMachine.ts';
import { serverMachine } from './serverMachine.ts';

const WORKING = [
  'preparing',
  'syncing',
  'linking',
  'postUploading',
  'activating',
  'launching',
  'pruning',
  'reverting',
];
const RESTING = ['staged', 'live', 'failed'];
const ENDS = ['pruned', 'reverted', 'stranded'];
const VERDICTS = [{ type: 'activate' }, { type: 'commit' }, { type: 'revert' }];

/** All that a server can hear: verdicts, and that what it does is done or has failed. */
const heardByServer: readonly EventObject[] = [
  ...VERDICTS,
  ...WORKING.flatMap((state) => [
    { type: `xstate.done.actor.0.server.${state}`, output: undefined },
    { type: `xstate.error.actor.0.server.${state}`, error: { code: 'E_REMOTE', message: 'no', hint: null } },
  ]),
];

function walk(machine: AnyStateMachine, events: readonly EventObject[], input: unknown) {
  return getShortestPaths(machine as AnyActorLogic, { events: [...events], input });
}

const serverPaths = () => walk(serverMachine, heardByServer, { server: 'a' });

test('a server is always at work, at rest or at its end, and every such state can be reached', () => {
  const reached = new Set(serverPaths().map((path) => String(path.state.value)));
  expect([...reached].sort()).toEqual([...WORKING, ...RESTING, ...ENDS].sort());
});

test('work that fails before a verdict to commit rests as failed; nothing but reverting strands', () => {
  for (const { state, steps } of serverPaths()) {
    const last = steps.at(-1)?.event.type ?? '';
    const failed = last.startsWith('xstate.error');
    if (failed && last.endsWith('pruning')) expect(state.value).toBe('pruned');
    else if (failed && last.endsWith('reverting')) expect(state.value).toBe('stranded');
    else if (failed)
      expect(state).toMatchObject({ value: 'failed', context: { failure: { code: 'E_REMOTE' } } });
    if (state.value === 'stranded') expect(last).toMatch(/error.*reverting$/);
  }
});

test('a server becomes live only on a verdict, and a verdict is heard only at rest', () => {
  for (const { steps } of serverPaths()) {
    const types = steps.map((step) => step.event.type);
    if (types.includes('xstate.done.actor.0.server.activating')) expect(types).toContain('activate');
    for (const [index, { event, state }] of steps.entries()) {
      if (!VERDICTS.some((verdict) => verdict.type === event.type)) continue;
      const before = index === 0 ? 'preparing' : String(steps[index - 1]!.state.value);
      if (String(state.value) !== before) expect(RESTING).toContain(before);
    }
  }
});

const NAMES = ['a', 'b'];

/** All that a group can hear. */
const heardByGroup: readonly EventObject[] = [
  { type: 'cancel' },
  ...NAMES.flatMap((server) =>
    [...RESTING, ...ENDS].map((as) => ({ type: 'server.settled', server, as }) as EventObject),
  ),
];

test('a group ends in one of the three outcomes, and says so', () => {
  const paths = walk(groupMachine, heardByGroup, { servers: NAMES });
  const reached = new Set(paths.map((path) => String(path.state.value)));
  expect([...reached].sort()).toEqual(
    ['staging', 'activating', 'pruning', 'compensating', 'committed', 'compensated', 'stranded'].sort(),
  );
  for (const { state } of paths) {
    if (state.status === 'done') expect(state.output).toBe(state.value);
  }
});

test('a group goes on only when all of it may, and never after somebody stopped it', () => {
  for (const { state, steps } of walk(groupMachine, heardByGroup, { servers: NAMES })) {
    const rests = (as: string) =>
      new Set(
        steps.flatMap(({ event }) => {
          const settled = event as EventObject & { server?: string; as?: string };
          return settled.as === as && settled.server ? [settled.server] : [];
        }),
      );
    if (['activating', 'pruning', 'committed'].includes(String(state.value)))
      expect(rests('staged').size).toBe(2);
    if (['pruning', 'committed'].includes(String(state.value))) {
      expect(rests('live').size).toBe(2);
      expect(state.context).toMatchObject({ cancelled: false });
    }
    if (state.value === 'compensated') expect(rests('reverted').size).toBe(2);
  }
});
