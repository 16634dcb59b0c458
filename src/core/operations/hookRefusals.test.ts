import { mkdir, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { CutoverError, type PlanningContext } from '../contract/index.ts';
import { listing } from '../testing/listing.ts';
import { planFor } from './deploy.ts';
import { releases } from './releases.ts';
import { rollback } from './rollback.ts';
import { hookAt } from './testing/hooks.ts';
import { createWorld, type World } from './testing/world.ts';

const ROLLBACK = { environment: 'production', to: null, servers: [] };
const PLAN = { environment: 'production', ref: null, servers: [], full: false, unpin: false, saved: null };

async function refusing(
  refuse: (context: PlanningContext) => readonly string[] | Promise<readonly string[]>,
) {
  const asked: PlanningContext[] = [];
  const world = await createWorld({
    servers: ['web1', 'web2'],
    environment: { hooks: [hookAt('always', { on: 'all' })] },
    hook: () => {},
    declares: {
      refuse: async (context) => {
        asked.push(context);
        return refuse(context);
      },
    },
  });
  return { world, asked };
}

const states = (world: World) =>
  Promise.all(
    world.servers.map(async (server) =>
      (await listing(world.at(server), 'trace')).filter((line) => !line.startsWith('./.cutover/locks')),
    ),
  );

test('what a hook has against it is told with all other reasons, before anything is touched', async () => {
  let isOpen = true;
  const { world, asked } = await refusing(({ server }) => (isOpen ? [] : [`${server} says no`, 'and no']));
  await world.deploy();
  expect(asked.map(({ server, kind, previous }) => [server, kind, previous])).toEqual([
    ['web1', 'deploy', null],
    ['web2', 'deploy', null],
  ]);
  await world.write({ 'index.html': 'two' });
  await world.deploy();
  isOpen = false;
  await world.write({ 'index.html': 'three' });
  const before = await states(world);
  const refused = {
    code: 'E_REFUSED',
    message: 'Nothing was touched. web1: web1 says no\nweb1: and no\nweb2: web2 says no\nweb2: and no',
    hint: 'The hook spy refuses it. Where it is meant all the same: --override --reason TEXT',
  };
  await expect(world.deploy()).rejects.toMatchObject(refused);
  await expect(planFor(world.runtime, world.config, PLAN)).rejects.toMatchObject(refused);
  await expect(rollback(world.runtime, world.config, ROLLBACK)).rejects.toMatchObject(refused);
  expect(await states(world)).toEqual(before);
  for (const server of world.servers) expect((await world.seen(server)).lock).toBe('released');
});

test('with a reason it goes on where the hook lets it, and the ledger keeps who said so', async () => {
  const { world } = await refusing(({ kind, override }) =>
    kind === 'rollback' && override === null ? ['a migration'] : [],
  );
  await world.deploy();
  await world.write({ 'index.html': 'two' });
  await world.deploy();
  await expect(rollback(world.runtime, world.config, ROLLBACK)).rejects.toMatchObject({ code: 'E_REFUSED' });
  await rollback(world.runtime, world.config, { ...ROLLBACK, override: 'it is empty' });
  const { servers } = await releases(world.runtime, world.config, 'production', []);
  const live = servers[0]!.releases.find(({ current }) => current);
  expect(live?.override).toEqual({ by: 'me@here', reason: 'it is empty' });
  await world.write({ 'index.html': 'three' });
  await world.deploy({ override: 'nothing is in the way', unpin: true });
  const { servers: later } = await releases(world.runtime, world.config, 'production', []);
  expect(later[0]!.releases.find(({ current }) => current)?.override).toBeNull();
});

test('a hook that refuses whatever the reason is not passed over', async () => {
  const { world } = await refusing(() => ['never']);
  await expect(world.deploy({ override: 'please' })).rejects.toMatchObject({
    code: 'E_REFUSED',
    hint: expect.stringContaining('whatever the reason'),
  });
});

test.for([
  [new Error('no idea'), 'E_REFUSED', /the hook spy, asked whether this may be done, failed: no idea/],
  [new CutoverError('E_HOOK', 'no idea'), 'E_REFUSED', /asked whether this may be done, failed: no idea/],
  [new CutoverError('E_UNREACHABLE', 'web1 is away'), 'E_UNREACHABLE', /^web1 is away$/],
] as const)('a hook that cannot say lets nothing happen', async ([thrown, code, message]) => {
  const { world } = await refusing(() => Promise.reject(thrown));
  await mkdir(world.at('web1'));
  await expect(world.deploy()).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  expect(await listing(world.at('web1'))).toHaveLength(1);
});

test('a hook reads files below the deploy path of its server, and none outside', async () => {
  const read: unknown[] = [];
  const { world } = await refusing(async ({ readFile, server }) => {
    read.push([server, Buffer.from((await readFile('current/index.html')) ?? []).toString()]);
    await expect(readFile('../web1/current/index.html')).rejects.toMatchObject({ code: 'E_USAGE' });
    return [];
  });
  await world.deploy();
  await world.write({ 'index.html': 'two' });
  await writeFile(world.at('web2', 'current', 'index.html'), 'other');
  read.length = 0;
  await world.deploy();
  expect(read.sort()).toEqual([
    ['web1', 'one'],
    ['web2', 'other'],
  ]);
});

test.for([[undefined], ['no'], [[1]]])('a hook that answers with %o has not said yes', async ([answer]) => {
  const { world } = await refusing(() => answer as never);
  await expect(world.deploy()).rejects.toMatchObject({
    code: 'E_REFUSED',
    message: expect.stringContaining('failed: its answer is no list of reasons.'),
  });
});

test('a hook that cannot say in time was not interrupted by anybody', async () => {
  const world = await createWorld({
    servers: ['web1'],
    environment: { hooks: [hookAt('always', { deadlineMs: 20 })] },
    hook: () => {},
    declares: {
      refuse: ({ signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(new CutoverError('E_INTERRUPTED', 'read: stopped')));
        }),
    },
  });
  await expect(world.deploy()).rejects.toMatchObject({
    code: 'E_REFUSED',
    message: expect.stringContaining('did not end within 0.02 s'),
  });
});
