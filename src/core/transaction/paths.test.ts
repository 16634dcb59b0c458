import { expect, test } from 'vitest';
import type { AnyActorLogic, AnyStateMachine, EventObject } from 'xstate';
import { getShortestPaths } from 'xstate/graph';
import { serverMachine } from './serverMachine.ts';
import { everyWalk } from './testing/everyPath.ts';

const WORKING = [
  'preparing',
  'syncing',
  'linking',
  'postUploading',
  'arming',
  'activating',
  'launching',
  'pruning',
  'reverting',
];
const RESTING = ['staged', 'armed', 'live', 'launchFailed', 'failed'];
const ENDS = ['pruned', 'reverted', 'stranded'];
const VERDICTS = [{ type: 'arm' }, { type: 'switch' }, { type: 'commit' }, { type: 'revert' }];

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
      expect(state).toMatchObject({
        value: last.endsWith('launching') ? 'launchFailed' : 'failed',
        context: { failure: { code: 'E_REMOTE' } },
      });
    if (state.value === 'stranded') expect(last).toMatch(/error.*reverting$/);
  }
});

test('a server becomes live only on a verdict, and a verdict is heard only at rest', () => {
  for (const { steps } of serverPaths()) {
    const types = steps.map((step) => step.event.type);
    if (types.includes('xstate.done.actor.0.server.activating')) {
      expect(types).toContain('switch');
      expect(types.indexOf('xstate.done.actor.0.server.arming')).toBeLessThan(types.indexOf('switch'));
    }
    for (const [index, { event, state }] of steps.entries()) {
      if (!VERDICTS.some((verdict) => verdict.type === event.type)) continue;
      const before = index === 0 ? 'preparing' : String(steps[index - 1]!.state.value);
      if (String(state.value) !== before) expect(RESTING).toContain(before);
    }
  }
});

const BATCHES = {
  'all at once': [['a', 'b', 'c']],
  'one by one': [['a'], ['b'], ['c']],
  'two, then one': [['a', 'b'], ['c']],
} as const;
const POLICIES = ['revert-all', 'revert-server', 'keep'] as const;
const GROUPS = Object.entries(BATCHES).flatMap(([how, batches]) =>
  POLICIES.map((policy) => ({ how, batches, policy })),
);

test.each(GROUPS)('$how under $policy: every path ends, and in an outcome that is true', (input) => {
  const walks = everyWalk(input);
  const ended = walks.filter(({ snapshot }) => snapshot.status === 'done');
  expect(new Set(ended.map(({ snapshot }) => snapshot.output))).toEqual(
    new Set(['committed', 'compensated', 'stranded']),
  );
  // What has not ended waits for a server, or for the time between two batches.
  for (const { snapshot, servers } of walks.filter(({ snapshot }) => snapshot.status !== 'done'))
    expect(snapshot.value === 'baking' || Object.values(servers).some((each) => 'told' in each)).toBe(true);
  for (const { snapshot, servers } of ended) {
    const ends = Object.values(servers).map((each) => ('rests' in each ? each.rests : 'at work'));
    const expected = ends.includes('stranded')
      ? 'stranded'
      : ends.includes('pruned')
        ? 'committed'
        : 'compensated';
    expect([snapshot.output, ends.filter((end) => !ENDS.includes(end))]).toEqual([expected, []]);
    if (input.policy === 'revert-all' && ends.includes('pruned'))
      expect(new Set(ends)).toEqual(new Set(['pruned']));
  }
});

test.each(GROUPS)(
  '$how under $policy: nobody switches before all are ready, nor after it was stopped',
  (input) => {
    for (const { heard, told } of everyWalk(input)) {
      const all = (names: readonly string[], as: string) =>
        names.every((name) => heard.includes(`${name} ${as}`));
      if (told.arm) expect(all(input.batches.flat(), 'staged')).toBe(true);
      for (const [index, batch] of input.batches.entries()) {
        if (!batch.some((name) => told.switch?.includes(name))) continue;
        expect(all(batch, 'armed')).toBe(true);
        for (const earlier of input.batches.slice(0, index)) expect(all(earlier, 'live')).toBe(true);
      }
      if (heard.includes('cancel')) expect(told.commit).toBeUndefined();
    }
  },
);
