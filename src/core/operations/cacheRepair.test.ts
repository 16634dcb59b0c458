import { chmod, lstat, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { never } from '../testing/engineHere.ts';
import { listing } from '../testing/listing.ts';
import { localTransport } from '../testing/localConnection.ts';
import { pathWith, scratch } from '../testing/scratch.ts';
import { damage, deployed, FOUND, repair, TREE, verify, WELL } from './testing/damagedCache.ts';
import type { WorldOptions } from './testing/world.ts';

test('a repair mends the cache and all releases that share it, with the times they had', async () => {
  const world = await deployed();
  const seen = () =>
    Promise.all(['deploy-cache', 'releases', 'current'].map((name) => listing(world.at('web1', name))));
  const timesOf = () =>
    Promise.all(
      Object.keys(TREE).map(async (name) => (await lstat(world.at('web1', 'deploy-cache', name))).mtimeMs),
    );
  const [before, times, head] = [
    await seen(),
    await timesOf(),
    (await world.engine('web1').observe([], never)).cache.head,
  ];
  await damage(world);
  const live = (await world.seen('web1')).current?.slice('releases/'.length);
  expect(await repair(world)).toEqual({
    environment: 'production',
    servers: [
      {
        name: 'web1',
        ...WELL,
        mended: FOUND,
        problems: [
          `in/a: the live release ${live} had the wrong mode too; it has what was uploaded again`,
          `index.html: the live release ${live} had the wrong content too; it has what was uploaded again`,
        ],
      },
      { name: 'web2', ...WELL, mended: [], problems: [] },
    ],
  });
  expect(await seen()).toEqual(before);
  expect(await timesOf()).toEqual(times);
  expect((await world.engine('web1').observe([], never)).cache).toMatchObject({
    pending: false,
    head: { state: head!.state, totals: head!.totals },
  });
  expect(await verify(world)).toMatchObject({ servers: [WELL, WELL] });
  expect((await world.seen('web1')).lock).toBe('released');
  expect((await world.deploy()).outcome).toBe('unchanged');
  await world.write({ ...TREE, 'in/a': 'new' });
  const next = await world.deploy();
  expect(next).toMatchObject({
    outcome: 'committed',
    problems: [],
    servers: [{ uploaded: { files: 1 } }, {}],
  });
  for (const server of world.servers)
    expect(await listing(world.at(server, 'releases', next.release))).toEqual(
      await listing(world.at(server, 'deploy-cache')),
    );
});

test('a directory with another mode alone gets its own again', async () => {
  const world = await deployed({ servers: ['web1'] });
  await chmod(world.at('web1', 'deploy-cache/in'), 0o700);
  expect(await repair(world)).toMatchObject({
    servers: [{ ...WELL, mended: [{ path: 'in', kind: 'mode' }] }],
  });
  expect((await lstat(world.at('web1', 'deploy-cache/in'))).mode & 0o777).toBe(0o755);
});

/** Programs of which the n-th call, of all together, ends whoever called it. */
async function fatalTools(n: number): Promise<{ readonly env: NodeJS.ProcessEnv; readonly calls: string }> {
  const calls = join(await scratch(), 'calls');
  const program = (name: string) => `
echo x >>'${calls}'
if [ "$(wc -l <'${calls}')" -eq ${n} ]; then kill -9 "$PPID"; exit 1; fi
exec /bin/${name} "$@"`;
  const tools = Object.fromEntries(['mv', 'cp', 'rm', 'tar', 'mkdir'].map((name) => [name, program(name)]));
  return { env: { ...process.env, PATH: await pathWith(tools) }, calls };
}

test('a repair that is cut short anywhere is begun anew, and ends as without', async () => {
  let calls = Number.POSITIVE_INFINITY;
  for (let n = 1; n <= calls; n += 2) {
    let env: NodeJS.ProcessEnv = process.env;
    const transport: WorldOptions['transport'] = () => ({
      address: 'here',
      connect: (scope) => localTransport({ env }).connect(scope),
    });
    const world = await deployed({ servers: ['web1'], transport });
    const right = await listing(world.at('web1', 'releases'));
    await damage(world);
    const fatal = await fatalTools(n);
    env = fatal.env;
    const cut = await repair(world).catch((error: Error) => error);
    env = process.env;
    const made = (await readFile(fatal.calls, 'utf8')).split('\n').length - 1;
    if (made < n) calls = made;
    const { generation } = (await world.engine('web1').observe([], never)).lock;
    await world.engine('web1').releaseLock(generation ?? '', never);
    const end = await repair(world);
    expect([n, cut, end.servers[0]?.differences, end.servers[0]?.failure]).toEqual([n, cut, [], null]);
    expect([n, await listing(world.at('web1', 'releases'))]).toEqual([n, right]);
    expect([n, (await verify(world)).servers[0]?.differences]).toEqual([n, []]);
  }
  expect(calls).toBeGreaterThan(10);
}, 120_000);

test('a source that has changed elsewhere will do', async () => {
  const world = await deployed();
  await damage(world);
  await world.write({ ...TREE, new: 'x', 'in/a': 'changed' });
  expect(await repair(world)).toMatchObject({ servers: [{ ...WELL, mended: FOUND }, WELL] });
});
