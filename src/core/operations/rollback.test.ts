import { mkdir, readFile, rm, symlink } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { releases } from './releases.ts';
import { rollback } from './rollback.ts';
import { command, createWorld, type World, type WorldOptions } from './testing/world.ts';

const back = (world: World, to: string | null = null) =>
  rollback(world.runtime, world.config, { environment: 'production', to, servers: [] });

async function withReleases(count: number, options: WorldOptions = {}) {
  const world = await createWorld({ servers: ['web1', 'web2'], ...options });
  const made: string[] = [];
  for (let index = 0; index < count; index++) {
    await world.write({ 'index.html': `version ${index}` });
    made.push((await world.deploy()).release);
  }
  return { world, made };
}

test('going back makes the release before live again, and calls the one that was left bad', async () => {
  const { world, made } = await withReleases(3);
  const [first, second, third] = made as [string, string, string];
  const result = await back(world);
  expect(result).toMatchObject({ outcome: 'committed', release: second, previous: third, problems: [] });
  for (const { steps } of result.servers)
    expect(steps.map(({ name }) => name)).toEqual(['prepare', 'activate', 'postLaunch', 'prune']);
  for (const server of world.servers) {
    expect(await world.seen(server)).toEqual({
      current: `releases/${second}`,
      releases: [first, second, third],
      states: { [first]: 'succeeded', [second]: 'succeeded', [third]: 'bad' },
      lock: 'released',
    });
  }
  expect(await back(world)).toMatchObject({ outcome: 'committed', release: first });
  await expect(back(world)).rejects.toMatchObject({
    code: 'E_REFUSED',
    hint: expect.stringContaining('--to'),
  });
});

test('a bad release is not chosen again, unless it is named', async () => {
  const { world, made } = await withReleases(2);
  await back(world);
  await world.write({ 'index.html': 'fixed' });
  const fixed = await world.deploy({ unpin: true });
  expect(fixed.release > made[1]!).toBe(true);
  expect(await back(world)).toMatchObject({ release: made[0] });
  expect(await back(world, made[1]!)).toMatchObject({ outcome: 'committed', release: made[1] });
  expect((await world.seen('web1')).states[made[1]!]).toBe('succeeded');
});

test('the only release has nothing before it, and one that is not there cannot be named', async () => {
  const { world, made } = await withReleases(1);
  const before = await world.seen('web1');
  await expect(back(world)).rejects.toMatchObject({ code: 'E_REFUSED' });
  await expect(back(world, '20200101000000')).rejects.toMatchObject({
    code: 'E_REFUSED',
    message: expect.stringContaining('does not exist on web1, web2'),
  });
  expect(await back(world, made[0]!)).toMatchObject({ outcome: 'unchanged' });
  expect(await world.seen('web1')).toEqual(before);
});

test('a release that one server lacks is not chosen', async () => {
  const { world, made } = await withReleases(3);
  await rm(world.at('web2', 'releases', made[1]!), { recursive: true });
  expect(await back(world)).toMatchObject({ outcome: 'committed', release: made[0] });
});

test('a rollback that fails on one server leaves every server where it was', async () => {
  const launch = command('[ "$CUTOVER_ROLLBACK $CUTOVER_SERVER" != "1 web2" ]');
  const { world, made } = await withReleases(2, {
    environment: { commands: { postUpload: [], postLaunch: [launch] } },
  });
  const result = await back(world);
  expect(result).toMatchObject({ outcome: 'compensated', release: made[0], previous: made[1] });
  for (const server of world.servers) {
    expect(await world.seen(server)).toEqual({
      current: `releases/${made[1]}`,
      releases: made,
      states: { [made[0]!]: 'succeeded', [made[1]!]: 'succeeded' },
      lock: 'released',
    });
  }
});

test('a directory that cutover did not make can be gone back to by name, and is not made ours', async () => {
  const { world, made } = await withReleases(1, { environment: { keep: 1 } });
  for (const server of world.servers) await mkdir(world.at(server, 'releases', 'initial'));
  expect(await back(world, 'initial')).toMatchObject({ outcome: 'committed', release: 'initial' });
  const listed = await releases(world.runtime, world.config, 'production', []);
  expect(listed.servers[0]?.releases).toMatchObject([
    { id: 'initial', state: 'foreign', current: true },
    { id: made[0], current: false },
  ]);
  await world.write({ 'index.html': 'next' });
  expect(await world.deploy({ unpin: true })).toMatchObject({ outcome: 'committed', previous: 'initial' });
  for (const server of world.servers) expect((await world.seen(server)).releases).toContain('initial');
});

test('servers that were apart are brought together', async () => {
  const { world, made } = await withReleases(2);
  await rm(world.at('web2', 'current'));
  await symlink(`releases/${made[0]}`, world.at('web2', 'current'));
  expect(await back(world, made[0]!)).toMatchObject({ outcome: 'committed' });
  for (const server of world.servers)
    expect(await readFile(world.at(server, 'current/index.html'), 'utf8')).toBe('version 0');
});
