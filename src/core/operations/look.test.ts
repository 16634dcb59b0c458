import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { CutoverError, type Transport } from '../contract/index.ts';
import { lockRecord, never } from '../testing/engineHere.ts';
import { listing } from '../testing/listing.ts';
import { check } from './check.ts';
import { releases } from './releases.ts';
import { status } from './status.ts';
import { command, createWorld, type World } from './testing/world.ts';
import { unlock } from './unlock.ts';

const of = <T>(
  operation: (...all: [World['runtime'], World['config'], string, readonly string[]]) => T,
  world: World,
) => operation(world.runtime, world.config, 'production', []);

const unreachable = (server: string, plain: Transport): Transport =>
  server === 'web2'
    ? {
        ...plain,
        connect: async () => {
          throw new CutoverError('E_UNREACHABLE', 'web2: connection refused', { hint: 'Is it up?' });
        },
      }
    : plain;

test('status tells what is live where, and a server that cannot be reached is part of the answer', async () => {
  const world = await createWorld();
  const { release, revision } = await world.deploy();
  await world.engine('web3').takeLock(lockRecord('somebody'), never);
  const two = await createWorld({
    transport: unreachable,
    environment: world.config.environments.production!,
  });
  const { servers } = await of(status, two);
  expect(servers).toMatchObject([
    {
      name: 'web1',
      reachable: true,
      current: release,
      revision,
      lock: null,
      openTransaction: null,
      drift: null,
    },
    { name: 'web2', reachable: false, current: null, error: 'web2: connection refused' },
    { name: 'web3', reachable: true, lock: { by: 'somebody@here', generation: 3, release: null } },
  ]);
});

test.for([
  ['nothing is there', async () => {}, { current: null, drift: null, openTransaction: null }],
  [
    'somebody moved the link',
    async (world: World, first: string) => {
      await rm(world.at('web1', 'current'));
      await symlink(`releases/${first}`, world.at('web1', 'current'));
    },
    { drift: expect.stringMatching(/^current leads to \d+, but \d+ was deployed last$/) },
  ],
  [
    'somebody removed the link',
    (world: World) => rm(world.at('web1', 'current')),
    { current: null, drift: expect.stringMatching(/^current leads to nothing, but \d+ was deployed last$/) },
  ],
  [
    'somebody removed what is live',
    (world: World, _: string, second: string) =>
      rm(world.at('web1', 'releases', second), { recursive: true }),
    { current: null, drift: expect.stringMatching(/which does not exist$/) },
  ],
  [
    'the link leads elsewhere',
    async (world: World) => {
      await rm(world.at('web1', 'current'));
      await symlink('/tmp', world.at('web1', 'current'));
    },
    { current: null, drift: 'current leads outside releases/, to /tmp' },
  ],
  [
    'a transaction is open',
    async (world: World) => {
      const opening = {
        type: 'opened',
        id: '20300101000000000-deploy-20300101000000',
        at: '2030-01-01T00:00:00Z',
        by: 'somebody@elsewhere',
        plan: { version: 1, release: '20300101000000', servers: [] },
      };
      await writeFile(world.at('web1', '.cutover/journals/open'), `${JSON.stringify(opening)}\n`);
    },
    { openTransaction: '20300101000000', drift: null },
  ],
] as const)('status when %s', async ([what, change, expected]) => {
  const world = await createWorld({ servers: ['web1'] });
  const made: string[] = [];
  if (what !== 'nothing is there') {
    for (const text of ['one', 'two']) {
      await world.write({ text });
      made.push((await world.deploy()).release);
    }
  }
  await change(world, made[0]!, made[1]!);
  expect((await of(status, world)).servers[0]).toMatchObject(expected);
});

test('releases tells of all that are there, the failed ones that are gone, and whose they are', async () => {
  const world = await createWorld({
    servers: ['web1'],
    environment: { commands: { postUpload: [command('[ ! -e broken ]')], postLaunch: [] } },
  });
  const first = await world.deploy();
  await world.write({ broken: 'x' });
  const failed = await world.deploy();
  await mkdir(world.at('web1', 'releases', 'initial'));
  const { servers } = await of(releases, world);
  expect(servers[0]?.releases).toMatchObject([
    { id: 'initial', state: 'foreign', revision: null, at: null, by: null, current: false },
    { id: failed.release, state: 'failed', by: 'me@here', current: false },
    { id: first.release, state: 'succeeded', revision: first.revision, by: 'me@here', current: true },
  ]);
});

test('an operation on servers that cannot be reached names them, with what to do', async () => {
  const world = await createWorld({ transport: unreachable });
  for (const operation of [() => of(releases, world), () => world.deploy()]) {
    await expect(operation()).rejects.toMatchObject({
      code: 'E_UNREACHABLE',
      message: 'Nothing was touched. web2: connection refused',
      hint: expect.stringMatching(/^Is it up\?/),
    });
  }
  await expect(listing(world.at('web1'))).rejects.toMatchObject({ code: 'ENOENT' });
});

test('check finds what stands in the way, with what to do about it, and changes nothing', async () => {
  const world = await createWorld({
    servers: ['web1', 'web2'],
    environment: { shared: { directories: [], files: ['.env'] } },
  });
  await mkdir(world.at('web1', 'current'), { recursive: true });
  await world.engine('web2').takeLock(lockRecord('somebody'), never);
  const before = await Promise.all(world.servers.map((server) => listing(world.at(server), 'trace')));
  const result = await of(check, world);
  const [web1, web2] = result.servers.filter((each) => each.name !== 'source');
  expect(web1?.findings).toContainEqual({
    level: 'error',
    message: expect.stringContaining('current is a real directory'),
    fix: expect.stringContaining('ln -s releases/initial'),
    code: null,
  });
  expect(web2?.findings).toContainEqual(
    expect.objectContaining({
      level: 'warning',
      message: 'it is locked by somebody@here since 2026-11-21T19:38:11Z',
      fix: 'To wait until that run is done: --lock-wait 5m. If it is dead: cutover resume production',
    }),
  );
  expect(web2?.findings).toContainEqual(
    expect.objectContaining({ level: 'warning', message: 'shared/.env does not exist' }),
  );
  for (const { findings } of result.servers) {
    for (const { level, fix } of findings) expect(level === 'ok' || fix !== null).toBe(true);
  }
  expect(await Promise.all(world.servers.map((server) => listing(world.at(server), 'trace')))).toEqual(
    before,
  );
});

test('check tells of a server that cannot be reached beside the others', async () => {
  const result = await of(check, await createWorld({ transport: unreachable }));
  const web2 = result.servers.find((each) => each.name === 'web2');
  expect(web2?.findings).toEqual([
    { level: 'error', message: 'web2: connection refused', fix: 'Is it up?', code: 'E_UNREACHABLE' },
  ]);
});

const ask = (world: World, confirm: () => Promise<boolean>) =>
  unlock(world.runtime, world.config, { environment: 'production', servers: [], confirm });

test('unlock shows who holds it, and gives it up when told to', async () => {
  const world = await createWorld({ servers: ['web1', 'web2'] });
  await world.engine('web2').takeLock(lockRecord('somebody'), never);
  expect(await ask(world, async () => false)).toMatchObject({
    servers: [
      { name: 'web1', lock: null, released: false },
      { name: 'web2', path: world.at('web2'), lock: { by: 'somebody@here' }, released: false },
    ],
  });
  expect((await world.seen('web2')).lock).toBe(lockRecord('somebody'));
  expect((await ask(world, async () => true)).servers[1]).toMatchObject({ released: true });
  expect((await world.seen('web2')).lock).toBe('released');
  await expect(listing(world.at('web1'))).rejects.toMatchObject({ code: 'ENOENT' });
});

test('unlock asks nobody when there is nothing to unlock', async () => {
  const world = await createWorld({ servers: ['web1'] });
  const never = async () => {
    throw new Error('nobody should be asked');
  };
  expect((await ask(world, never)).servers).toMatchObject([{ lock: null, released: false }]);
});

test('a lock that changed hands while somebody was asked stays', async () => {
  const world = await createWorld({ servers: ['web1'] });
  await world.engine('web1').takeLock(lockRecord('one'), never);
  const meanwhile = async () => {
    await world.engine('web1').releaseLock('g-000001', never);
    await world.engine('web1').takeLock(lockRecord('two'), never);
    return true;
  };
  await ask(world, meanwhile).catch(() => {});
  expect((await world.seen('web1')).lock).toBe(lockRecord('two'));
});

test('a deployer whose lock was taken over changes nothing more, and says so', async () => {
  let world: World | null = null;
  world = await createWorld({
    servers: ['web1', 'web2'],
    async hook(at, { server, previous }) {
      if (previous === null || at !== 'before:activate' || server !== 'web1') return;
      await unlock(world!.runtime, world!.config, {
        environment: 'production',
        servers: [],
        confirm: async () => true,
      });
      for (const name of world!.servers) await world!.engine(name).takeLock(lockRecord('thief'), never);
    },
  });
  const { release: old } = await world.deploy();
  await world.write({ text: 'two' });
  const result = await world.deploy();
  expect(result.outcome).toBe('stranded');
  expect(result.servers.map((server) => server.failure?.code)).toContain('E_FENCED');
  expect(await world.seen('web1')).toMatchObject({ current: `releases/${old}`, lock: lockRecord('thief') });
});
