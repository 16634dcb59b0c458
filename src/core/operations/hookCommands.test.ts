import { expect, test } from 'vitest';
import type { HookPoint } from '../contract/index.ts';
import { directoryTransport } from '../testing/directorySftp.ts';
import { deploy } from './deploy.ts';
import { hookAt } from './testing/hooks.ts';
import { command, createWorld, type World, type WorldOptions } from './testing/world.ts';

const failing = { postUpload: [], postLaunch: [command('false')] };

function oneServer(points: readonly HookPoint[], hook: WorldOptions['hook'], more: WorldOptions = {}) {
  const environment = { hooks: points.map((point) => hookAt(point)), ...more.environment };
  return createWorld({ servers: ['web1'], ...more, hook: hook!, environment });
}

const outputs = (world: World) =>
  world.events.flatMap((event) => (event.type === 'output' ? [`${event.step} ${event.line}`] : []));

test('a program runs where it is wanted, and nothing in it is read by a shell', async () => {
  const odd = '$(touch x) `id` ; it\'s "a" *';
  let given = '';
  const world = await oneServer(['after:activate'], async (_, { command }) => {
    given = await command!({
      argv: ['sh', '-c', 'echo "$PWD|$1|$OWN|$CUTOVER_SERVER"; echo wrong >&2', 'sh', odd],
      directory: 'release',
      variables: { OWN: odd },
    });
  });
  const { outcome, release } = await world.deploy();
  expect(outcome).toBe('committed');
  expect(given).toBe(`${world.at('web1', 'releases', release)}|${odd}|${odd}|web1\nwrong\n`);
  expect(outputs(world)).toEqual(
    given
      .trim()
      .split('\n')
      .map((line) => `activate ${line}`),
  );
  expect(world.events.filter(({ type }) => type === 'command')).toHaveLength(1);
});

test('of what it prints the end is given', async () => {
  let given = '';
  const world = await oneServer(['after:activate'], async (_, { command }) => {
    given = await command!({ argv: ['seq', '1', '30000'] });
  });
  await world.deploy();
  expect(given).toHaveLength(64 * 1024);
  expect(given).toMatch(/\n29999\n30000\n$/);
});

test.for<[string, readonly string[], Record<string, string>]>([
  ['named none', [], {}],
  ['"A=1" cannot be one', ['A=1', 'id'], {}],
  ['"a b" is no name of a variable', ['id'], { 'a b': '' }],
])('what is no program is not run: %s', async ([why, argv, variables]) => {
  const world = await oneServer(['before:activate'], async (_, { command }) => {
    await command!({ argv, variables });
  });
  const { servers } = await world.deploy();
  expect(servers[0]?.failure?.message).toBe(
    `web1: the hook spy (before:activate) failed: A hook asked for a program, and ${why}.`,
  );
});

test('a program that fails fails the hook, and one that takes too long is ended with it', async () => {
  const world = await oneServer(['before:activate'], async (_, { command }) => {
    await command!({ argv: ['sh', '-c', 'echo no; exit 3'] });
  });
  expect((await world.deploy()).servers[0]?.failure).toMatchObject({
    code: 'E_HOOK',
    message: expect.stringMatching(
      /^web1: the hook spy \(before:activate\) failed: (?!web1)[^:]* exit status 3: no$/,
    ),
  });
  const slow = await oneServer(
    [],
    async (_, { command }) => {
      await command!({ argv: ['sleep', '600'] });
    },
    { environment: { hooks: [hookAt('before:activate', { deadlineMs: 200 })] } },
  );
  const result = await slow.deploy();
  expect(result.servers[0]?.failure?.message).toBe(
    'web1: the hook spy (before:activate) did not end within 0.2 s',
  );
  expect((await slow.engine('web1').observe([], new AbortController().signal)).running).toEqual([]);
});

test('behind a compensation programs run as well, where the release is gone', async () => {
  const given: string[] = [];
  const world = await oneServer(
    ['onFailure', 'always'],
    async (point, { command }) => {
      given.push(`${point} ${await command!({ argv: ['pwd'] })}`);
    },
    { environment: { hooks: [hookAt('onFailure'), hookAt('always')], commands: failing } },
  );
  const result = await world.deploy();
  expect(result).toMatchObject({ outcome: 'compensated', problems: [] });
  const deployPath = world.at('web1');
  expect(given).toEqual([`onFailure ${deployPath}\n`, `always ${deployPath}\n`]);
  expect((await world.seen('web1')).releases).toEqual([]);
});

test('what a hook did not wait for is ended with it', async () => {
  const begun = Promise.withResolvers<void>();
  const world = await oneServer(['before:activate'], async (_, { command }) => {
    command!({ argv: ['sleep', '600'] }).catch(() => {});
    const late = command!({ argv: ['echo', 'late'] });
    late.catch(() => {});
    await begun.promise;
  });
  const emit: World['runtime']['emit'] = (event) => {
    world.runtime.emit(event);
    if (event.type === 'command') begun.resolve();
  };
  const request = {
    environment: 'production',
    ref: null,
    servers: [],
    full: false,
    unpin: false,
    saved: null,
  };
  expect(await deploy({ ...world.runtime, emit }, world.config, request)).toMatchObject({
    outcome: 'committed',
  });
  expect((await world.engine('web1').observe([], new AbortController().signal)).running).toEqual([]);
  expect(outputs(world)).toEqual([]);
});

test('where no programs can be run none is offered, and hooks are journaled all the same', async () => {
  const offered: unknown[] = [];
  const world = await oneServer(
    ['after:activate', 'always'],
    (_, context) => void offered.push(context.command),
    {
      declares: { interrupted: 'fail' },
      transport: () => directoryTransport(),
    },
  );
  expect(await world.deploy()).toMatchObject({ outcome: 'committed', problems: [] });
  expect(offered).toEqual([undefined, undefined]);
});

test('commands that fail for the old release too are a problem that names the server once', async () => {
  const world = await createWorld({ servers: ['web1'] });
  await world.deploy();
  await world.write({ 'index.html': 'two' });
  const production = { ...world.config.environments.production!, commands: failing };
  const config = { ...world.config, environments: { production } };
  const { problems } = await deploy(world.runtime, config, DEPLOY);
  expect(problems).toEqual([
    expect.stringMatching(/^web1: the post-launch commands failed for the old release too: (?!web1)/),
  ]);
});

const DEPLOY = { environment: 'production', ref: null, servers: [], full: false, unpin: false, saved: null };
