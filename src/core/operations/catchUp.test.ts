import { mkdir, readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { lockRecord, never } from '../testing/engineHere.ts';
import { type CatchUpRequest, catchUp } from './catchUp.ts';
import { type DeployRequest, deploy } from './deploy.ts';
import { mark } from './marks.ts';
import { rollback } from './rollback.ts';
import { status } from './status.ts';
import { type WorldWithAway, worldWithAway } from './testing/away.ts';
import { hookAt } from './testing/hooks.ts';
import { command, type World, type WorldOptions } from './testing/world.ts';

const catchUpIn = (world: World, servers: readonly string[] = [], more: Partial<CatchUpRequest> = {}) =>
  catchUp(world.runtime, world.config, { environment: 'production', servers, unpin: false, ...more });

const back = (world: World, to: string | null = null, servers: readonly string[] = []) =>
  rollback(world.runtime, world.config, { environment: 'production', to, servers });

const behindOf = async (world: World, servers: readonly string[] = []) =>
  (await status(world.runtime, world.config, 'production', servers)).servers.map(({ name, behind }) => [
    name,
    behind,
  ]);

/** web3 serves the first of two releases, and can be reached again. */
async function oneBehind(options: WorldOptions = {}) {
  const world = await worldWithAway({
    ...options,
    environment: { maxUnreachable: 1, ...options.environment },
  });
  await world.write({ 'index.html': 'one', kept: 'k' });
  const first = await world.deploy();
  await missing(world, { 'index.html': 'two', kept: 'k' });
  const { current } = await world.seen('web1');
  return { world, first: first.release, second: current!.slice('releases/'.length) };
}

/** Deploys this while web3 is away. */
async function missing(
  world: WorldWithAway,
  files: Readonly<Record<string, string>>,
  request: Partial<DeployRequest> = {},
) {
  world.away.set('web3', 'E_UNREACHABLE');
  await world.write(files);
  const result = await world.deploy(request);
  expect(result.outcome).toBe('committed');
  world.away.clear();
  return result;
}

test('a server that is behind gets the release of the others, under the same id', async () => {
  const { world, first, second } = await oneBehind();
  expect(await catchUpIn(world)).toMatchObject({
    outcome: 'committed',
    release: second,
    previous: first,
    servers: [{ name: 'web3', outcome: 'committed', current: second, uploaded: { files: 1 } }],
    problems: [],
  });
  expect(await world.seen('web3')).toEqual({
    current: `releases/${second}`,
    releases: [first, second],
    states: { [first]: 'succeeded', [second]: 'succeeded' },
    lock: 'released',
  });
  expect(await readFile(world.at('web3', 'current/index.html'), 'utf8')).toBe('two');
  expect(await catchUpIn(world)).toMatchObject({
    outcome: 'unchanged',
    release: second,
    servers: [{ current: second }, { current: second }, { current: second }],
  });
  expect(await world.deploy()).toMatchObject({ outcome: 'unchanged' });
  expect(await back(world)).toMatchObject({ outcome: 'committed', release: first });
});

test('status names who is behind what, in reach or not', async () => {
  const { world, second } = await oneBehind();
  const expected = [
    ['web1', null],
    ['web2', null],
    ['web3', second],
  ];
  expect(await behindOf(world)).toEqual(expected);
  world.away.set('web3', 'E_UNREACHABLE');
  expect(await behindOf(world)).toEqual(expected);
  world.away.set('web1', 'E_UNREACHABLE');
  expect(await behindOf(world)).toEqual(expected);
  const { servers } = await status(world.runtime, world.config, 'production', ['web2']);
  expect(servers).toMatchObject([{ at: expect.stringMatching(/^2026-01-01T/) }]);
});

test('after a success of all nobody is behind, whoever was left out of that release before', async () => {
  const { world, second } = await oneBehind();
  await catchUpIn(world);
  await world.write({ 'index.html': 'three' });
  await world.deploy();
  await back(world, second);
  world.away.set('web3', 'E_UNREACHABLE');
  expect(await behindOf(world)).toEqual([
    ['web1', null],
    ['web2', null],
    ['web3', null],
  ]);
});

test('what is still out of reach stays behind, and is told', async () => {
  const { world, second } = await oneBehind();
  world.away.set('web3', 'E_UNREACHABLE');
  expect(await catchUpIn(world)).toMatchObject({
    outcome: 'unchanged',
    problems: [expect.stringMatching(/^web3: it could not be reached/)],
  });
  await expect(catchUpIn(world, ['web3'])).rejects.toMatchObject({ code: 'E_UNREACHABLE' });
  world.away.set('web3', 'E_HOST_KEY');
  await expect(catchUpIn(world)).rejects.toMatchObject({ code: 'E_HOST_KEY' });
  expect(await behindOf(world)).toContainEqual(['web3', second]);
});

test('commands that run once for a release do not run again', async () => {
  const postUpload = [
    { ...command('echo once >>"$CUTOVER_RELEASE_PATH/ran"'), on: 'once' as const },
    command('echo all >>"$CUTOVER_RELEASE_PATH/ran"'),
  ];
  const { world } = await oneBehind({ environment: { commands: { postUpload, postLaunch: [] } } });
  await catchUpIn(world);
  const ran = (server: string) => readFile(world.at(server, 'current/ran'), 'utf8');
  expect([await ran('web1'), await ran('web3')]).toEqual(['once\nall\n', 'all\n']);
});

test('a release of the same files is another one all the same', async () => {
  const world = await worldWithAway({ environment: { maxUnreachable: 1 } });
  await world.deploy();
  const { release } = await missing(world, { 'index.html': 'one' }, { full: true });
  expect(await catchUpIn(world)).toMatchObject({ outcome: 'committed', servers: [{ current: release }] });
});

test('one that fails goes back to what it was, and may be brought up again', async () => {
  let fails = true;
  const { world, first, second } = await oneBehind({
    hook: (at, { server, previous }) => {
      if (fails && at === 'after:activate' && server === 'web3' && previous !== null) throw new Error('no');
    },
  });
  expect(await catchUpIn(world)).toMatchObject({
    outcome: 'compensated',
    servers: [{ name: 'web3', outcome: 'compensated', current: first }],
  });
  expect((await world.seen('web1')).current).toBe(`releases/${second}`);
  fails = false;
  expect(await catchUpIn(world)).toMatchObject({ outcome: 'committed', release: second });
});

test.for([
  [
    'another run holds the lock of a server that is not changed',
    (world) => world.engine('web1').takeLock(lockRecord('somebody'), never),
    { code: 'E_LOCKED', server: 'web1' },
  ],
  [
    'a transaction is open on one of the others',
    async (world) => {
      const emit: World['runtime']['emit'] = (event) => {
        if (event.type === 'step.done' && event.step === 'prepare') throw new Error('cut short');
      };
      await world.write({ 'index.html': 'cut' });
      const ask = { environment: 'production', ref: null, full: false, unpin: false, saved: null };
      await deploy({ ...world.runtime, emit }, world.config, { ...ask, servers: ['web1'] }).catch(() => {});
    },
    { code: 'E_OPEN_TRANSACTION' },
  ],
  [
    'the source is another',
    (world) => world.write({ 'index.html': 'three' }),
    { code: 'E_REFUSED', message: expect.stringMatching(/The source is not what release \d+ was made from/) },
  ],
  [
    'a server has something newer',
    (world) => mkdir(world.at('web3', 'releases/20990101000000')),
    { code: 'E_REFUSED', message: expect.stringMatching(/web3: it has 20990101000000, which is newer than/) },
  ],
] as const satisfies readonly (readonly [string, (world: WorldWithAway) => Promise<unknown>, object])[])(
  'nothing is touched where %s',
  async ([, change, refused]) => {
    const { world } = await oneBehind();
    await change(world);
    const before = await world.seen('web3');
    await expect(catchUpIn(world)).rejects.toMatchObject(refused);
    expect(await world.seen('web3')).toEqual(before);
  },
);

test('a run that begins on one of the others before the locks are taken is seen under them', async () => {
  const { world } = await oneBehind({ notify: () => {} });
  const before = await world.seen('web3');
  // Notifiers are made between the first look and the locks.
  const notifier: World['runtime']['extensions']['notifier'] = async (name) => {
    await world.engine('web1').takeLock(lockRecord('somebody'), never);
    return world.runtime.extensions.notifier(name);
  };
  const runtime = { ...world.runtime, extensions: { ...world.runtime.extensions, notifier } };
  await expect(catchUpIn({ ...world, runtime })).rejects.toMatchObject({ code: 'E_LOCKED', server: 'web1' });
  expect(await world.seen('web3')).toEqual({ ...before, lock: 'released' });
});

test('a run on one of the others is waited for', async () => {
  const { world, second } = await oneBehind();
  const held = await world.engine('web1').takeLock(lockRecord('somebody'), never);
  const caughtUp = catchUpIn(world, [], { lockWaitMs: 60_000 });
  await expect
    .poll(() => world.events)
    .toContainEqual(
      expect.objectContaining({
        type: 'log',
        server: 'web1',
        message: expect.stringMatching(/^Locked: waiting/),
      }),
    );
  if (held.taken) await world.engine('web1').releaseLock(held.fence.generation, never);
  expect(await caughtUp).toMatchObject({ outcome: 'committed', release: second });
});

test('servers that have the release already are refused, with how to bring them there', async () => {
  const { world, first } = await oneBehind();
  await catchUpIn(world);
  await back(world, null, ['web3']);
  await expect(catchUpIn(world)).rejects.toMatchObject({
    code: 'E_REFUSED',
    message: expect.stringMatching(new RegExp(`web1: the release ${first} is there already(.|\n)*web2: `)),
    hint: expect.stringContaining(`cutover rollback production --to ${first} --server web1`),
  });
});

test('a server that is paused stays behind, and a frozen environment as it is', async () => {
  const { world, second } = await oneBehind();
  const set = { reason: 'a new disk', until: null };
  const pause = { environment: 'production', name: 'paused', servers: ['web3'], set } as const;
  await mark(world.runtime, world.config, pause);
  expect(await catchUpIn(world)).toMatchObject({
    outcome: 'unchanged',
    problems: [expect.stringMatching(/^web3: it is paused by me@here.*a new disk/)],
  });
  await expect(catchUpIn(world, ['web3'])).rejects.toMatchObject({
    code: 'E_REFUSED',
    message: expect.stringMatching(/web3: it is paused by me@here/),
    hint: 'cutover unpause production web3',
  });
  await mark(world.runtime, world.config, { ...pause, set: null });
  await mark(world.runtime, world.config, { ...pause, name: 'frozen', servers: ['web1'] });
  await expect(catchUpIn(world)).rejects.toMatchObject({
    code: 'E_REFUSED',
    message: expect.stringMatching(/production is frozen on web1 by me@here/),
  });
  expect(await catchUpIn(world, [], { override: 'urgent' })).toMatchObject({ release: second });
});

test('a rollback is undone where somebody says so only', async () => {
  const world = await worldWithAway({ environment: { maxUnreachable: 1 } });
  await world.deploy();
  await world.write({ 'index.html': 'two' });
  await world.deploy();
  await back(world);
  await missing(world, { 'index.html': 'three' }, { unpin: true });
  await expect(catchUpIn(world)).rejects.toMatchObject({
    code: 'E_REFUSED',
    message: expect.stringMatching(/web3: it was rolled back to \d+ by me@here/),
    hint: 'cutover catch-up production --unpin',
  });
  expect(await catchUpIn(world, [], { unpin: true })).toMatchObject({ outcome: 'committed' });
  await world.write({ 'index.html': 'four' });
  expect(await world.deploy()).toMatchObject({ outcome: 'committed' });
});

test('a rollback to a release that a server missed is refused by name, with what brings it there', async () => {
  const { world, second } = await oneBehind();
  const refused = (to: string | null, message: RegExp) =>
    expect(back(world, to)).rejects.toMatchObject({
      code: 'E_REFUSED',
      message: expect.stringMatching(message),
      hint: expect.stringContaining('web3. To bring it there: cutover catch-up production'),
    });
  await refused(second, /does not exist on web3/);
  await missing(world, { 'index.html': 'three' });
  await refused(second, /does not exist on web3/);
});

test('a rollback while one is behind goes to what that one serves already', async () => {
  const { world, first } = await oneBehind();
  expect(await back(world)).toMatchObject({ outcome: 'committed', release: first });
  for (const server of world.servers) expect((await world.seen(server)).current).toBe(`releases/${first}`);
});

test('a deployment brings servers that are behind, or new, to the others: each gets what it lacks', async () => {
  const { world, first, second } = await oneBehind();
  const servers = world.config.environments.production!.servers;
  const [web1] = servers;
  const config = {
    ...world.config,
    environments: {
      production: {
        ...world.config.environments.production!,
        servers: [...servers, { ...web1!, name: 'web4', path: world.at('web4') }],
      },
    },
  };
  const ask = { environment: 'production', ref: null, servers: [], full: false, unpin: false, saved: null };
  await world.write({ 'index.html': 'three', kept: 'k', more: 'm' });
  const result = await deploy(world.runtime, config, ask);
  expect(result).toMatchObject({
    outcome: 'committed',
    servers: [
      { name: 'web1', current: result.release, uploaded: { files: 2 } },
      { name: 'web2', current: result.release, uploaded: { files: 2 } },
      { name: 'web3', current: result.release, uploaded: { files: 2 } },
      { name: 'web4', current: result.release, uploaded: { files: 3 } },
    ],
  });
  expect((await world.seen('web3')).releases).toEqual([first, result.release]);
  expect((await world.seen('web2')).releases).toEqual([first, second, result.release]);
  expect((await world.seen('web4')).releases).toEqual([result.release]);
});

test('hooks are asked about it as about a deployment, and one that runs once has run', async () => {
  const runs: string[] = [];
  let isOpen = true;
  const { world } = await oneBehind({
    environment: { hooks: [hookAt('after:activate', { on: 'once' }), hookAt('after:activate')] },
    hook: (_, { server }) => void runs.push(server),
    declares: { refuse: async ({ server }) => (isOpen ? [] : [`not on ${server}`]) },
  });
  runs.length = 0;
  isOpen = false;
  await expect(catchUpIn(world)).rejects.toMatchObject({
    code: 'E_REFUSED',
    message: 'Nothing was touched. web3: not on web3',
  });
  isOpen = true;
  expect(await catchUpIn(world)).toMatchObject({ outcome: 'committed' });
  expect(runs).toEqual(['web3']);
});
