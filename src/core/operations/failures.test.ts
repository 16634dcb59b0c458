import { expect, test } from 'vitest';
import { STEPS, type StepName } from '../contract/index.ts';
import type { TransactionResult } from './results.ts';
import { command, createWorld, type World, type WorldOptions } from './testing/world.ts';

const BEFORE_PRUNE = STEPS.filter((step) => step !== 'prune');

/** One release is live everywhere; then another is tried while something is broken. */
async function deployBroken(options: WorldOptions, arm: () => void = () => {}) {
  const world = await createWorld(options);
  const first = await world.deploy();
  expect(first.outcome).toBe('committed');
  await world.write({ 'index.html': 'two', 'new/file': 'x' });
  arm();
  return { world, old: first.release, result: await world.deploy() };
}

/** As a careful operator would look: the old release everywhere, nothing of the new one, nothing locked. */
async function expectAllTakenBack(world: World, old: string, result: TransactionResult) {
  expect(result).toMatchObject({ outcome: 'compensated', previous: old, interrupted: false });
  for (const server of world.servers) {
    expect(await world.seen(server)).toEqual({
      current: `releases/${old}`,
      releases: [old],
      states: { [old]: 'succeeded', [result.release]: 'failed' },
      lock: 'released',
    });
    expect(result.servers.find((each) => each.name === server)).toMatchObject({
      outcome: 'compensated',
      current: old,
    });
  }
}

const failing = (result: TransactionResult) =>
  result.servers.flatMap(({ name, failure }) => (failure ? [[name, failure.step, failure.code]] : []));

test.for(BEFORE_PRUNE.flatMap((step) => (['before', 'after'] as const).map((when) => [when, step] as const)))(
  'a hook that throws %s %s on one server of three takes everything back',
  async ([when, step]) => {
    let armed = false;
    const { world, old, result } = await deployBroken(
      {
        hook(at, { server }) {
          if (armed && at === `${when}:${step}` && server === 'web2') throw new Error('the hook is unhappy');
        },
      },
      () => {
        armed = true;
      },
    );
    await expectAllTakenBack(world, old, result);
    expect(failing(result)).toEqual([['web2', step, 'E_HOOK']]);
    const message = result.servers[1]?.failure?.message;
    expect(message).toMatch(/web2: .*spy.*: the hook is unhappy$/);
  },
);

/** A program that refuses in the second deployment: the first release exists by then. */
const refusing = (when: string, real: string) =>
  `[ -e current ] || [ -e ../current ] && ${when} && { echo refused >&2; exit 1; }\nexec ${real} "$@"`;

test.for([
  ['prepare', { mkdir: refusing('case "$*" in *trial*) true ;; *) false ;; esac', '/bin/mkdir') }],
  ['syncCache', { tar: refusing('true', '/bin/tar') }],
  [
    'linkRelease',
    { cp: refusing('[ "$3" = -- ] || [ "$2" = -- ]', '/bin/cp'), find: '/usr/bin/find "$@" | head -c 1' },
  ],
  ['activate', { perl: 'exit 127', mv: `${refusing('[ "$5" = current ]', '/bin/mv')}` }],
] as const)('a program of the server that fails in %s takes everything back', async ([step, web2]) => {
  const world = await createWorld();
  const { release: old } = await world.deploy();
  await world.write({ 'index.html': 'two', 'new/file': 'x' });
  const broken = await createWorld({ tools: { web2 }, environment: world.config.environments.production! });
  await broken.write({ 'index.html': 'two', 'new/file': 'x' });
  const result = await broken.deploy();
  expect(failing(result)).toMatchObject([['web2', step, expect.stringMatching(/^E_(REMOTE|REFUSED)$/)]]);
  for (const server of world.servers) {
    expect(await world.seen(server)).toMatchObject({
      current: `releases/${old}`,
      releases: [old],
      lock: 'released',
    });
  }
  expect(result.outcome).toBe('compensated');
});

test.for(['postUpload', 'postLaunch'] as const)(
  'a command that fails in %s takes everything back',
  async (step) => {
    const commands = {
      postUpload: [],
      postLaunch: [],
      [step]: [command(`[ ! -e new/file ] || [ $CUTOVER_SERVER != web3 ]`)],
    };
    const { world, old, result } = await deployBroken({ environment: { commands } });
    await expectAllTakenBack(world, old, result);
    expect(failing(result)).toEqual([['web3', step, 'E_COMMAND']]);
  },
);

test('what was launched with the new release is launched again with the old one', async () => {
  const launch = command(
    'echo "$CUTOVER_RELEASE $CUTOVER_ROLLBACK" >>../../launched; [ ! -e new/file ] || [ $CUTOVER_SERVER != web3 ]',
  );
  const { world, old, result } = await deployBroken({
    environment: { commands: { postUpload: [], postLaunch: [launch] } },
  });
  await expectAllTakenBack(world, old, result);
  const { readFile } = await import('node:fs/promises');
  for (const server of world.servers) {
    const lines = (await readFile(world.at(server, 'launched'), 'utf8')).trim().split('\n');
    expect(lines).toEqual([`${old} 0`, `${result.release} 0`, `${old} 1`]);
  }
});

test.for([['before'], ['after']] as const)(
  'a hook that throws %s prune is a problem, and the release stays live',
  async ([when]) => {
    const { world, result } = await deployBroken({
      hook(at, { server }) {
        if (at === `${when}:prune` && server === 'web2') throw new Error('the hook is unhappy');
      },
    });
    expect(result.outcome).toBe('committed');
    expect(result.problems).toEqual([expect.stringContaining('web2: ')]);
    expect(failing(result)).toEqual([]);
    for (const server of world.servers)
      expect(await world.seen(server)).toMatchObject({
        current: `releases/${result.release}`,
        lock: 'released',
      });
  },
);

test('a first deployment that fails leaves nothing live and nothing behind', async () => {
  const world = await createWorld({
    hook(at, { server }) {
      if (at === 'after:activate' && server === 'web2') throw new Error('no');
    },
  });
  const result = await world.deploy();
  expect(result).toMatchObject({ outcome: 'compensated', previous: null });
  for (const server of world.servers)
    expect(await world.seen(server)).toMatchObject({ current: null, releases: [], lock: 'released' });
});

test('every server that fails is told of, and the others are let finish first', async () => {
  const steps: string[] = [];
  const { world, old, result } = await deployBroken({
    hook(at, { server, previous }) {
      if (previous === null) return;
      steps.push(`${server} ${at}`);
      if (at === 'before:linkRelease' && server !== 'web1') throw new Error('no');
    },
  });
  await expectAllTakenBack(world, old, result);
  expect(failing(result).map(([server]) => server)).toEqual(['web2', 'web3']);
  expect(steps).toContain('web1 after:postUpload');
  expect(steps.filter((step) => step.includes('activate'))).toEqual([]);
});

test.for(BEFORE_PRUNE)('stopping in %s takes everything back', async (step: StepName) => {
  let world: World | null = null;
  const options: WorldOptions = {
    hook(at, { server, previous }) {
      if (previous !== null && at === `before:${step}` && server === 'web2') world?.cancel.abort();
    },
  };
  world = await createWorld(options);
  const { release: old } = await world.deploy();
  await world.write({ 'index.html': 'two' });
  const result = await world.deploy();
  expect(result).toMatchObject({ outcome: 'compensated', interrupted: true });
  for (const server of world.servers)
    expect(await world.seen(server)).toMatchObject({
      current: `releases/${old}`,
      releases: [old],
      lock: 'released',
    });
});

test('stopping when every server is live comes too late', async () => {
  let world: World | null = null;
  world = await createWorld({
    hook(at, { server, previous }) {
      if (previous !== null && at === 'before:prune' && server === 'web2') world?.cancel.abort();
    },
  });
  await world.deploy();
  await world.write({ 'index.html': 'two' });
  const result = await world.deploy();
  expect(result).toMatchObject({ outcome: 'committed', interrupted: false, problems: [] });
});
