import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import type { Config, EnvironmentConfig } from '../config/types.ts';
import type { FailurePolicy, HookContext, HookPoint } from '../contract/index.ts';
import { deploy } from './deploy.ts';
import { command, createWorld, type World } from './testing/world.ts';

const ONE_BY_ONE: Partial<EnvironmentConfig> = { strategy: 'sequential', batch: { servers: 1 } };

/** One release is live everywhere, and the next one is about to be tried. */
async function worldWith(environment: Partial<EnvironmentConfig>, hook?: Hook): Promise<World> {
  const world = await createWorld({ environment, ...(hook ? { hook } : {}) });
  expect((await world.deploy()).outcome).toBe('committed');
  await world.write({ 'index.html': 'two' });
  return world;
}

const DEPLOY = { environment: 'production', ref: null, servers: [], full: false, unpin: false, saved: null };

function configured({ config }: World, changes: Partial<EnvironmentConfig>): Config {
  return { ...config, environments: { production: { ...config.environments.production!, ...changes } } };
}

type Hook = (at: HookPoint, context: HookContext) => Promise<void> | void;

const served = (world: World) =>
  Promise.all(world.servers.map((name) => readFile(world.at(name, 'current', 'index.html'), 'utf8')));

test('one by one: all are staged before the first is switched, and each is launched before the next', async () => {
  const order: string[] = [];
  const steps = ['after:postUpload', 'before:activate', 'after:activate', 'after:postLaunch'];
  const world = await worldWith(ONE_BY_ONE, (at, { server }) => {
    if (steps.includes(at)) order.push(`${server} ${at}`);
  });
  order.length = 0;
  const result = await world.deploy();
  expect(result.outcome).toBe('committed');
  expect(result.servers.map(({ batch }) => batch)).toEqual([1, 2, 3]);
  expect(order.slice(0, 3).sort()).toEqual(world.servers.map((name) => `${name} after:postUpload`));
  expect(order.slice(3)).toEqual(
    world.servers.flatMap((name) => steps.slice(1).map((at) => `${name} ${at}`)),
  );
});

test.each<[FailurePolicy, string, readonly string[], readonly string[]]>([
  ['revert-all', 'compensated', ['one', 'one', 'one'], ['compensated', 'compensated', 'compensated']],
  ['revert-server', 'committed', ['two', 'one', 'one'], ['committed', 'compensated', 'compensated']],
  ['keep', 'committed', ['two', 'two', 'one'], ['committed', 'committed', 'compensated']],
])(
  'one by one, the second fails in its post-launch, policy %s: %s',
  async (onFailure, outcome, serves, outcomes) => {
    const postLaunch = [command('test "$CUTOVER_SERVER" != web2 || test "$CUTOVER_FIRST" = 1')];
    const world = await worldWith({ ...ONE_BY_ONE, onFailure, commands: { postUpload: [], postLaunch } });
    const result = await world.deploy();
    expect(result.outcome).toBe(outcome);
    expect(result.servers.map((server) => server.outcome)).toEqual(outcomes);
    expect(result.servers[1]?.failure).toMatchObject({ code: 'E_COMMAND', step: 'postLaunch' });
    expect(await served(world)).toEqual(serves);
    for (const [index, name] of world.servers.entries()) {
      const { lock, states } = await world.seen(name);
      const expected = outcomes[index] === 'compensated' ? 'failed' : index === 1 ? 'active' : 'succeeded';
      expect([lock, states[result.release]]).toEqual(['released', expected]);
    }
    // Nothing is left open: the next one, without that command, brings all to one release.
    const mended = configured(world, { commands: { postUpload: [], postLaunch: [] } });
    expect((await deploy(world.runtime, mended, DEPLOY)).outcome).toBe('committed');
    expect(await served(world)).toEqual(['two', 'two', 'two']);
  },
);

test.each(['revert-server', 'keep'] as const)(
  'all at once under %s: who fails before the switch takes all back',
  async (onFailure) => {
    const postUpload = [command('test "$CUTOVER_SERVER" != web2 || test "$CUTOVER_FIRST" = 1')];
    const world = await worldWith({ onFailure, commands: { postUpload, postLaunch: [] } });
    expect((await world.deploy()).outcome).toBe('compensated');
    expect(await served(world)).toEqual(['one', 'one', 'one']);
  },
);

test('all at once: every server says that it is armed before one is switched', async () => {
  const world = await worldWith({});
  const before = world.events.length;
  const result = await world.deploy();
  const events = world.events.slice(before);
  expect(result.servers.map(({ batch }) => batch)).toEqual([null, null, null]);
  const armed = events.flatMap((event) => (event.type === 'armed' ? [event.server] : []));
  expect(armed.sort()).toEqual(world.servers);
  const lastArmed = events.findLastIndex(({ type }) => type === 'armed');
  const switched = events.findIndex((event) => event.type === 'step.done' && event.step === 'activate');
  expect(switched).toBeGreaterThan(lastArmed);
});

test('a batch is watched before the next is switched; who stops it then takes all back', async () => {
  const world = await worldWith({});
  const config = configured(world, { ...ONE_BY_ONE, pauseMs: 3_600_000 });
  const cancel = new AbortController();
  const during: (readonly string[])[] = [];
  const result = await deploy(
    {
      ...world.runtime,
      cancel: cancel.signal,
      emit(event) {
        if (event.type !== 'log' || !event.message.startsWith('Batch 1 of 3 is live')) return;
        void served(world).then((now) => {
          during.push(now);
          cancel.abort();
        });
      },
    },
    config,
    DEPLOY,
  );
  expect(during).toEqual([['two', 'one', 'one']]);
  expect(result).toMatchObject({ outcome: 'compensated', interrupted: true });
  expect(await served(world)).toEqual(['one', 'one', 'one']);
});

test('commands run where the configuration says, and are tried again as often', async () => {
  const log = (text: string) => `echo "${text} $CUTOVER_SERVER" >>../../../log`;
  const flaky = 'test -e ../../../tried || { : >../../../tried; exit 1; }';
  const world = await createWorld({
    environment: {
      commands: {
        postUpload: [
          { ...command(log('first')), on: 'first' },
          { ...command(log('last')), on: 'last' },
          { ...command(log('rest')), on: 'rest' },
          { ...command(log('web2')), on: 'server:web2' },
          { ...command(log('once')), on: 'once' },
          { ...command(flaky), on: 'server:web1', retries: 1 },
        ],
        postLaunch: [
          { ...command(log('new')), when: { type: 'first-deploy' } },
          { ...command(log('css')), when: { type: 'changed', patterns: ['*.css'] } },
        ],
      },
    },
  });
  const lines = async () => (await readFile(world.at('log'), 'utf8')).trim().split('\n').sort().join(', ');
  expect((await world.deploy()).outcome).toBe('committed');
  expect(await lines()).toBe(
    `css web1, css web2, css web3, first web1, last web3, new web1, new web2, new web3, once web1, rest web2, rest web3, web2 web2`,
  );
  await world.write({ 'index.html': 'two' });
  expect((await world.deploy()).outcome).toBe('committed');
  await world.write({ 'index.html': 'two', 'a/site.css': 'x' });
  expect((await world.deploy()).outcome).toBe('committed');
  const counts = (await lines()).split(', ').filter((line) => line.startsWith('css'));
  expect(counts).toHaveLength(6);
});

test('no more servers are logged in to, or uploaded to, at a time than the configuration allows', async () => {
  let underWay = 0;
  let most = 0;
  const world = await createWorld({
    environment: { concurrency: { logins: 2, uploads: 1 } },
    servers: ['web1', 'web2', 'web3', 'web4', 'web5'],
    transport: (_, plain) => ({
      ...plain,
      async connect(scope) {
        most = Math.max(most, ++underWay);
        try {
          await new Promise(setImmediate);
          return await plain.connect(scope);
        } finally {
          underWay--;
        }
      },
    }),
  });
  await world.write({ 'index.html': 'one', 'large.bin': 'x'.repeat(1_000_000) });
  expect((await world.deploy()).outcome).toBe('committed');
  expect(most).toBe(2);
  const sending = world.events.flatMap((event) => (event.type === 'progress' ? [event.server] : []));
  const turns = sending.filter((server, index) => server !== sending[index - 1]);
  expect(turns.toSorted()).toEqual([...world.servers]);
});
