import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import type { Hook, HookPoint } from '../contract/index.ts';
import { faultyTransport } from '../testing/faultyConnection.ts';
import { deploy } from './deploy.ts';
import { resume } from './resume.ts';
import { rollback } from './rollback.ts';
import { hookAt } from './testing/hooks.ts';
import { DEPLOY, elsewhere, PLAIN, RESUME } from './testing/lives.ts';
import { command, createWorld, type World } from './testing/world.ts';

interface Trial {
  readonly interrupted?: Hook['interrupted'];
  readonly kind?: 'deploy' | 'rollback' | 'failure';
}

/** Dies once a hook has done its work, and before anybody is told; the next life is on another machine. */
async function dieInHook(point: HookPoint, { interrupted, kind = 'deploy' }: Trial) {
  let isDead = false;
  let isArmed = false;
  let runs = 0;
  const launch = command('test "$CUTOVER_ROLLBACK" = 1 || ! test -e fail');
  const world = await createWorld({
    servers: ['web1'],
    environment: {
      hooks: [hookAt(point), hookAt(point, { name: 'next' })],
      commands: { postUpload: [], postLaunch: [launch] },
    },
    ...(interrupted && { declares: { interrupted } }),
    hook: () => {
      runs++;
      isDead = isArmed;
    },
  });
  for (const text of ['one', 'two']) {
    await world.write({ 'index.html': text });
    await world.deploy();
  }
  runs = 0;
  isArmed = true;
  const emit: World['runtime']['emit'] = (event) => {
    if (isDead) throw new Error('killed');
    world.runtime.emit(event);
  };
  const mortal = { ...world.runtime, emit };
  await world.write({ 'index.html': 'three', ...(kind === 'failure' && { fail: '' }) });
  const life =
    kind === 'rollback'
      ? rollback(mortal, world.config, { ...PLAIN, to: null })
      : deploy(mortal, world.config, DEPLOY);
  await expect(life).rejects.toThrow();
  isArmed = false;
  isDead = false;
  const before = runs;
  const result = await resume(elsewhere(world), world.config, RESUME);
  return { world, result, before, after: runs - before };
}

const served = (world: World) => readFile(world.at('web1', 'current', 'index.html'), 'utf8');

/** Of one before the first script, that may be run again, no server knows: nothing is open then. */
const POINTS: readonly (readonly [HookPoint, Trial['kind'], string, string])[] = [
  ['before:prepare', 'deploy', 'committed', 'three'],
  ['after:linkRelease', 'deploy', 'committed', 'three'],
  ['before:activate', 'deploy', 'committed', 'three'],
  ['after:activate', 'deploy', 'committed', 'three'],
  ['after:postLaunch', 'deploy', 'committed', 'three'],
  ['before:prune', 'deploy', 'committed', 'three'],
  ['always', 'deploy', 'committed', 'three'],
  ['onRollback', 'rollback', 'committed', 'one'],
  ['onFailure', 'failure', 'compensated', 'two'],
  ['always', 'failure', 'compensated', 'two'],
];

test.for(POINTS.slice(1))(
  'killed in a hook at %s (%s) whoever resumes runs it again',
  async ([point, kind, outcome, text]) => {
    const { world, result, before, after } = await dieInHook(point, { kind: kind! });
    expect(result).toMatchObject({ outcome, problems: [] });
    expect(await served(world)).toBe(text);
    expect([before, after]).toEqual([1, 2]);
  },
);

test.for(POINTS)(
  'killed in a hook at %s (%s) that must not run again, whoever resumes skips it and says so',
  async ([point, kind, outcome, text]) => {
    const { world, result, after } = await dieInHook(point, { kind: kind!, interrupted: 'skip' });
    expect(result).toMatchObject({
      outcome,
      problems: [
        `web1: the hook spy (${point}) was cut short, and nobody knows how far it came; it counts as done`,
      ],
    });
    expect(await served(world)).toBe(text);
    expect(after).toBe(1);
  },
);

test.for(POINTS)(
  'killed in a hook at %s (%s) that counts as failed then, its step has failed',
  async ([point, kind, outcome, text]) => {
    const { world, result, after } = await dieInHook(point, { kind: kind!, interrupted: 'fail' });
    const message = `the hook spy (${point}) was cut short, and nobody knows how far it came; it counts as failed`;
    const isProblem = !point.startsWith('before:') && !point.startsWith('after:') && point !== 'onRollback';
    if (point === 'before:prune') {
      expect(result).toMatchObject({ outcome, problems: [`web1: ${message}`] });
      expect(after).toBe(0);
    } else if (isProblem) {
      expect(result).toMatchObject({ outcome, problems: [`web1: ${message}`] });
      expect(after).toBe(1);
    } else {
      expect(result).toMatchObject({ outcome: 'compensated' });
      expect(result!.servers[0]!.failure).toMatchObject({ code: 'E_HOOK', message: `web1: ${message}` });
      expect(after).toBe(0);
    }
    if (outcome === 'committed' && point !== 'before:prune' && !isProblem)
      expect(await served(world)).toBe('two');
    else expect(await served(world)).toBe(text);
  },
);

/** Dies at the first event of this kind, when it was written down here and before its server is told. */
function mortalAt(world: World, type: string, index: number | null) {
  let isDead = false;
  const emit: World['runtime']['emit'] = (event) => {
    isDead ||= event.type === type && (index === null || ('index' in event && event.index === index));
    if (isDead) throw new Error('killed');
    world.runtime.emit(event);
  };
  return { ...world.runtime, emit };
}

test('what an earlier life has ended is not run again', async () => {
  const runs: string[] = [];
  const world = await createWorld({
    servers: ['web1'],
    declares: { interrupted: 'skip' },
    environment: {
      hooks: ['first', 'second'].map((options) => hookAt('after:activate', { options })),
    },
    hook: (option) => void runs.push(option),
  });
  await expect(deploy(mortalAt(world, 'hook.begun', 1), world.config, DEPLOY)).rejects.toThrow();
  const result = await resume(elsewhere(world), world.config, RESUME);
  expect(result).toMatchObject({ outcome: 'committed', problems: [] });
  expect(runs).toEqual(['first', 'second']);
});

test('what has failed in an earlier life fails again without being run', async () => {
  let runs = 0;
  const world = await createWorld({
    servers: ['web1'],
    declares: { interrupted: 'fail' },
    environment: { hooks: [hookAt('after:activate')] },
    hook: () => {
      runs++;
      throw new Error('no');
    },
  });
  await expect(deploy(mortalAt(world, 'step.failed', null), world.config, DEPLOY)).rejects.toThrow();
  const result = await resume(elsewhere(world), world.config, RESUME);
  expect(result).toMatchObject({ outcome: 'compensated' });
  expect(result!.servers[0]!.failure?.message).toBe('web1: the hook spy (after:activate) failed: no');
  expect(runs).toBe(1);
});

test('who resumes tells why it failed, also where that server has ended it already', async () => {
  let isLost = false;
  const isRelease = (script: string) => script.includes('make_room') && !script.includes('\nclose() {');
  const reasons: (string | null)[] = [];
  const failsOnce = command('test "$CUTOVER_SERVER" != web1 || test "$CUTOVER_FIRST" = 1');
  const world = await createWorld({
    servers: ['web1', 'web2'],
    environment: {
      hooks: [hookAt('onFailure')],
      commands: { postUpload: [], postLaunch: [failsOnce] },
    },
    // From its hook on only its lock can be given back: nobody can read that it ran.
    transport: (server, plain) =>
      faultyTransport(plain, ({ stdin }) =>
        isLost && server === 'web2' && !isRelease(String(stdin)) ? 'before' : null,
      ),
    hook: (_, { server, failure }) => {
      if (server !== 'web2') return;
      reasons.push(failure);
      isLost = reasons.length === 1;
    },
  });
  await world.deploy();
  await world.write({ 'index.html': 'two' });
  await world.deploy();
  isLost = false;
  await resume(elsewhere(world), world.config, RESUME);
  expect(reasons).toEqual([
    expect.stringMatching(/^web1: the command .* exit status 1/),
    'It failed in an earlier run, on another server.',
  ]);
});
