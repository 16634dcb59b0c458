import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { worldWithAway } from './testing/away.ts';
import { back, behindOf, catchUpIn, missing, oneBehind } from './testing/behind.ts';
import { hookAt } from './testing/hooks.ts';
import { command } from './testing/world.ts';

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
