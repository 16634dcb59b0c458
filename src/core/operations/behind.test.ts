import { expect, test } from 'vitest';
import { deploy } from './deploy.ts';
import { status } from './status.ts';
import { back, behindOf, catchUpIn, missing, oneBehind } from './testing/behind.ts';

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
