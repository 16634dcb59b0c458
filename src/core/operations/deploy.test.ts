import { readFile, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { STEPS } from '../contract/index.ts';
import { lockRecord, never } from '../testing/engineHere.ts';
import { listing } from '../testing/listing.ts';
import { deploy, planFor } from './deploy.ts';
import { command, createWorld } from './testing/world.ts';

const ASK = { environment: 'production', ref: null, servers: [], full: false, unpin: false, saved: null };

test('a first deployment, and a second one, end with the new release on every server', async () => {
  const world = await createWorld();
  const first = await world.deploy();
  expect(first).toMatchObject({ outcome: 'committed', previous: null, problems: [], interrupted: false });
  await world.write({ 'index.html': 'two', 'js/app.js': 'x' });
  const second = await world.deploy();
  expect(second).toMatchObject({ outcome: 'committed', previous: first.release, problems: [] });
  for (const server of world.servers) {
    expect(await world.seen(server)).toEqual({
      current: `releases/${second.release}`,
      releases: [first.release, second.release],
      states: { [first.release]: 'succeeded', [second.release]: 'succeeded' },
      lock: 'released',
    });
    expect(await readFile(world.at(server, 'current/js/app.js'), 'utf8')).toBe('x');
  }
  expect(second.servers).toMatchObject(
    world.servers.map((name) => ({
      name,
      outcome: 'committed',
      current: second.release,
      uploaded: { files: 2, bytes: 4 },
      failure: null,
    })),
  );
  expect(second.servers[0]?.steps.map((step) => step.name)).toEqual(STEPS);
  expect(second.activationSkewMs).toBeTypeOf('number');
});

test('nothing new is nothing to do, unless every file is asked for', async () => {
  const world = await createWorld();
  const first = await world.deploy();
  // The lock that was taken and given back are two generations more.
  const isOfLock = (line: string) => line.startsWith('./.cutover/locks');
  const traces = () =>
    Promise.all(
      world.servers.map(async (server) =>
        (await listing(world.at(server), 'trace')).filter((line) => !isOfLock(line)),
      ),
    );
  const before = await traces();
  expect(await world.deploy()).toMatchObject({ outcome: 'unchanged', release: first.release, problems: [] });
  expect(await traces()).toEqual(before);
  for (const server of world.servers) expect((await world.seen(server)).lock).toBe('released');
  expect(await world.deploy({ full: true })).toMatchObject({ outcome: 'committed' });
});

test('a plan is only a look: nothing on any server changes', async () => {
  const world = await createWorld();
  await world.deploy();
  await world.write({ 'index.html': 'two' });
  const before = await Promise.all(world.servers.map((server) => listing(world.at(server), 'trace')));
  const plan = await planFor(world.runtime, world.config, ASK);
  expect(plan).toMatchObject({ unchanged: false, kind: 'deploy' });
  expect(await Promise.all(world.servers.map((server) => listing(world.at(server), 'trace')))).toEqual(
    before,
  );
});

test('of old releases as many stay as are kept', async () => {
  const world = await createWorld({ servers: ['web1'], environment: { keep: 2 } });
  const made: string[] = [];
  for (const text of ['one', 'two', 'three', 'four']) {
    await world.write({ 'index.html': text });
    made.push((await world.deploy()).release);
  }
  expect((await world.seen('web1')).releases).toEqual(made.slice(-2));
});

test('commands find what they need in their environment', async () => {
  const world = await createWorld({
    environment: { commands: { postUpload: [command('env | grep ^CUTOVER_ | sort >vars')], postLaunch: [] } },
  });
  const { release } = await world.deploy();
  const vars = await readFile(world.at('web2', 'current/vars'), 'utf8');
  expect(vars.split('\n')).toEqual(
    expect.arrayContaining([
      'CUTOVER_APPLICATION=shop',
      'CUTOVER_FIRST=1',
      `CUTOVER_RELEASE=${release}`,
      `CUTOVER_RELEASE_PATH=${world.at('web2', 'releases', release)}`,
      'CUTOVER_ROLLBACK=0',
      'CUTOVER_SERVER=web2',
      'CUTOVER_SERVER_INDEX=1',
    ]),
  );
});

test('a server that is locked by somebody else stops all, and no lock stays behind', async () => {
  const world = await createWorld();
  await world.engine('web3').takeLock(lockRecord('somebody'), never);
  await expect(world.deploy()).rejects.toMatchObject({
    code: 'E_LOCKED',
    server: 'web3',
    message: expect.stringMatching(/web3 is locked by somebody@here .* since 2026-11-21T19:38:11Z/),
    hint: expect.stringContaining('cutover unlock production'),
  });
  expect((await world.seen('web1')).lock).toBe('released');
  expect((await world.seen('web2')).lock).toBe('released');
  expect(await world.seen('web3')).toMatchObject({
    lock: lockRecord('somebody'),
    releases: [],
    current: null,
  });
});

test('a saved plan runs exactly, under its own id', async () => {
  const world = await createWorld();
  const saved = await planFor(world.runtime, world.config, ASK);
  const result = await deploy(world.runtime, world.config, { ...ASK, saved });
  expect(result).toMatchObject({ outcome: 'committed', release: saved.release });
});

test.for([
  [
    'somebody deployed',
    async (world) => world.write({ a: '1' }).then(() => world.deploy()),
    /its ledger has new lines/,
  ],
  ['the source changed', (world) => world.write({ 'index.html': 'three' }), /the source has changed/],
  [
    'the cache is another',
    (world) => writeFile(world.at('web2', '.cutover/cache'), 'cutover-cache 1\n'),
    /web2: its deploy-cache holds something else/,
  ],
] as const satisfies readonly (readonly [
  string,
  (world: Awaited<ReturnType<typeof createWorld>>) => Promise<unknown>,
  RegExp,
])[])('a saved plan is stale when %s, and says so', async ([, change, message]) => {
  const world = await createWorld();
  await world.deploy();
  await world.write({ 'index.html': 'two' });
  const saved = await planFor(world.runtime, world.config, ASK);
  await change(world);
  const before = await world.seen('web1');
  await expect(deploy(world.runtime, world.config, { ...ASK, saved })).rejects.toMatchObject({
    code: 'E_STALE',
    message: expect.stringMatching(message),
  });
  expect(await world.seen('web1')).toEqual(before);
});

test('a saved plan that was edited does not run', async () => {
  const world = await createWorld();
  const saved = await planFor(world.runtime, world.config, ASK);
  const edited = { ...saved, keep: 99 };
  await expect(deploy(world.runtime, world.config, { ...ASK, saved: edited })).rejects.toMatchObject({
    code: 'E_STALE',
    message: expect.stringContaining('changed after it was made'),
  });
});

test('how long it took is told from its opening to its end, whatever lies between', async () => {
  const world = await createWorld({
    servers: ['web1'],
    hook: (at) => void (at === 'before:activate' && world.runtime.now()),
  });
  const { tookMs } = await world.deploy();
  const timeOf = (type: string) => {
    const event = world.events.find((each) => each.type === type);
    return Date.parse((event as { at: string }).at);
  };
  expect(tookMs).toBeGreaterThan(0);
  expect(tookMs).toBe(timeOf('closed') - timeOf('opened'));
  expect((await world.deploy()).tookMs).toBeNull();
});

test('a plan behind a deployment that failed tells that its changes are no changes of what is live', async () => {
  let isBroken = false;
  const world = await createWorld({
    servers: ['web1'],
    hook(at) {
      if (isBroken && at === 'after:postUpload') throw new Error('no');
    },
  });
  await world.deploy();
  await world.write({ 'index.html': 'two' });
  const changes = async () =>
    (await planFor(world.runtime, world.config, ASK)).servers.map((server) => server.changes);
  expect(await changes()).toMatchObject([{ updated: 1, sinceLive: true }]);
  isBroken = true;
  expect(await world.deploy()).toMatchObject({ outcome: 'compensated' });
  expect(await changes()).toMatchObject([{ updated: 0, sinceLive: false }]);
});
