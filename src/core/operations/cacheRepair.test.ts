import { appendFile, chmod, lstat, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CutoverError } from '../contract/index.ts';
import { never } from '../testing/engineHere.ts';
import { listing } from '../testing/listing.ts';
import { localTransport } from '../testing/localConnection.ts';
import { pathWith, scratch } from '../testing/scratch.ts';
import { tidied } from '../testing/tidied.ts';
import { repairCache } from './cacheRepair.ts';
import { verifyCache } from './cacheVerify.ts';
import { lock } from './lock.ts';
import { createWorld, type World, type WorldOptions } from './testing/world.ts';

const TREE = { 'index.html': 'one', 'in/a': 'a', 'in/deep/b': 'b', other: 'o' };
const REQUEST = { environment: 'production', servers: [], lockWaitMs: 0 };

/** Two releases of it on every server. */
async function deployed(options: WorldOptions = { servers: ['web1', 'web2'] }): Promise<World> {
  const world = await createWorld(options);
  await world.write({ ...TREE, other: 'older' });
  await world.deploy();
  await world.write(TREE);
  expect((await world.deploy()).outcome).toBe('committed');
  // What stands by for the next release has the same files.
  for (const server of world.servers) await tidied(world.at(server));
  return world;
}

const verify = (world: World) => verifyCache(world.runtime, world.config, 'production', []);
const repair = (world: World) => repairCache(world.runtime, world.config, REQUEST);

/** All kinds of things, on web1. */
async function damage(world: World): Promise<void> {
  const at = (name: string) => world.at('web1', 'deploy-cache', name);
  await writeFile(at('index.html'), 'eno');
  await chmod(at('in/a'), 0o755);
  await chmod(at('in'), 0o700);
  await rm(at('in/deep'), { recursive: true });
  await rm(at('other'));
  await symlink('index.html', at('other'));
  await mkdir(at('more/below'), { recursive: true });
  await writeFile(at('two\nlines'), '');
}

const FOUND = [
  { path: 'in', kind: 'mode', live: false },
  { path: 'in/a', kind: 'mode', live: true },
  { path: 'in/deep', kind: 'missing', live: false },
  { path: 'index.html', kind: 'content', live: true },
  { path: 'more', kind: 'extra', live: false },
  { path: 'other', kind: 'kind', live: false },
  { path: 'two\nlines', kind: 'extra', live: false },
];

const WELL = { files: 4, hashed: true, differences: [], failure: null };

test('what differs is told for each server, and nothing is changed by that', async () => {
  const world = await deployed();
  expect(await verify(world)).toEqual({
    environment: 'production',
    servers: ['web1', 'web2'].map((name) => ({ name, ...WELL, notes: [] })),
  });
  await damage(world);
  const before = await listing(world.at('web1'), 'trace');
  expect(await verify(world)).toEqual({
    environment: 'production',
    servers: [
      { name: 'web1', ...WELL, differences: FOUND, notes: [] },
      { name: 'web2', ...WELL, notes: [] },
    ],
  });
  expect(await listing(world.at('web1'), 'trace')).toEqual(before);
});

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

test('what the source does not have any more is refused, and nothing is touched', async () => {
  const world = await deployed();
  await damage(world);
  await world.write({ ...TREE, 'index.html': 'newer', 'in/deep/b': 'newer' });
  const before = await listing(world.at('web1', 'deploy-cache'), 'trace');
  const { servers } = await repair(world);
  expect(servers).toMatchObject([
    {
      differences: FOUND,
      mended: [],
      failure: {
        code: 'E_REFUSED',
        message: expect.stringMatching(
          /^web1: the source cannot give any more what was uploaded: .* in\/deep\/b, index\.html\nNothing was changed there\.$/,
        ),
        hint: 'cutover deploy production --full',
      },
    },
    { ...WELL, mended: [] },
  ]);
  expect(await listing(world.at('web1', 'deploy-cache'), 'trace')).toEqual(before);
});

test('a source that has changed elsewhere will do', async () => {
  const world = await deployed();
  await damage(world);
  await world.write({ ...TREE, new: 'x', 'in/a': 'changed' });
  expect(await repair(world)).toMatchObject({ servers: [{ ...WELL, mended: FOUND }, WELL] });
});

test('while somebody holds the lock it is verified, and said, but not repaired', async () => {
  const world = await deployed();
  await world.engine('web2').takeLock('v1 n you%40there 7 noon 20260101000009', never);
  const note = 'It is locked by you@there since noon: what is found may be the work of that run.';
  expect(await verify(world)).toMatchObject({ servers: [{ notes: [] }, { ...WELL, notes: [note] }] });
  await expect(repair(world)).rejects.toMatchObject({ code: 'E_LOCKED' });
});

test('who locked by hand changes nothing that would be found', async () => {
  const world = await deployed({ servers: ['web1'] });
  const request = { environment: 'production', servers: [], message: 'mine' };
  await lock(world.runtime, world.config, request);
  expect(await verify(world)).toMatchObject({ servers: [{ ...WELL, notes: [] }] });
  await expect(repair(world)).rejects.toMatchObject({ code: 'E_LOCKED' });
});

test('a run that takes the lock while files are read is told of', async () => {
  const world = await deployed({ servers: ['web1'] });
  await appendFile(world.at('web1', 'deploy-cache/index.html'), '!');
  const runtime: World['runtime'] = {
    ...world.runtime,
    emit: (event) => {
      if (event.type === 'log') void world.engine('web1').takeLock('v1 n you%40there 7 noon -', never);
    },
  };
  const { servers } = await verifyCache(runtime, world.config, 'production', []);
  expect(servers[0]).toMatchObject({
    differences: [{ path: 'index.html' }],
    notes: [expect.stringContaining('Somebody took the lock meanwhile')],
  });
});

test('while a transaction is open nothing is repaired', async () => {
  const world = await deployed({ servers: ['web1'] });
  await damage(world);
  await world.write({ ...TREE, other: 'third' });
  const emit: World['runtime']['emit'] = (event) => {
    if (event.type === 'step.done' && event.step === 'prepare') throw new Error('cut short');
  };
  const { deploy } = await import('./deploy.ts');
  const request = { ...REQUEST, ref: null, full: false, unpin: false, saved: null };
  await expect(deploy({ ...world.runtime, emit }, world.config, request)).rejects.toThrow();
  expect((await verify(world)).servers[0]?.notes).toEqual([
    'A transaction is open there: cutover resume production ends it.',
  ]);
  const before = await listing(world.at('web1', 'deploy-cache'), 'trace');
  await expect(repair(world)).rejects.toMatchObject({ code: 'E_OPEN_TRANSACTION' });
  expect(await listing(world.at('web1', 'deploy-cache'), 'trace')).toEqual(before);
});

test('what an interrupted upload left is for the next deployment to mend', async () => {
  const world = await deployed({ servers: ['web1'] });
  await damage(world);
  const home = (name: string) => world.at('web1', '.cutover', name);
  const [segment = ''] = (await readFile(home('cache'), 'utf8')).match(/(?<=^segment ).*$/m) ?? [];
  await writeFile(
    home('cache.next'),
    (await readFile(home('cache'), 'utf8')).replace(/^segment [\s\S]*/m, 'segment 20260101000100\n'),
  );
  const pending = (await readFile(home(`manifests/${segment}`), 'utf8')).replace(
    /^f\t644\t\d+\t./m,
    'f\t644\t7\t0',
  );
  await writeFile(home('manifests/20260101000100'), pending);
  expect((await verify(world)).servers[0]?.notes).toEqual([
    'An upload was interrupted there: what it left half done is sent again by the next deployment.',
  ]);
  expect(await repair(world)).toMatchObject({
    servers: [{ differences: FOUND, failure: { code: 'E_REFUSED', hint: 'cutover deploy production' } }],
  });
});

test('a damaged manifest is told, and the other server is mended', async () => {
  const world = await deployed();
  await appendFile(world.at('web2', 'deploy-cache/other'), '!');
  const [segment = ''] =
    (await readFile(world.at('web1', '.cutover/cache'), 'utf8')).match(/(?<=^segment ).*$/m) ?? [];
  await writeFile(world.at('web1', '.cutover/manifests', segment), 'cutover-manifest 1\n');
  const failure = {
    code: 'E_REFUSED',
    message: expect.stringContaining('nobody knows any more what was uploaded'),
    hint: 'Deploy with --full to send everything again.',
  };
  expect(await verify(world)).toMatchObject({ servers: [{ failure }, { failure: null }] });
  expect(await repair(world)).toMatchObject({
    servers: [
      { mended: [], failure },
      { ...WELL, mended: [{ path: 'other', kind: 'content', live: true }] },
    ],
  });
});

test('where nothing was ever uploaded nothing is made', async () => {
  const world = await createWorld({ servers: ['web1'] });
  const note = 'There is no deploy-cache: the next deployment sends everything.';
  expect(await verify(world)).toMatchObject({ servers: [{ files: 0, differences: [], notes: [note] }] });
  expect(await repair(world)).toMatchObject({ servers: [{ files: 0, mended: [], failure: null }] });
  await expect(lstat(world.at('web1'))).rejects.toThrow();
});

test('a server out of reach is a part of what is verified, and stops a repair', async () => {
  const world = await deployed({
    servers: ['web1', 'web2'],
    transport: (_, plain) => ({
      address: 'here',
      connect: (scope) =>
        isGone ? Promise.reject(new CutoverError('E_UNREACHABLE', 'gone')) : plain.connect(scope),
    }),
  });
  isGone = true;
  expect((await verify(world)).servers).toMatchObject([
    { files: 0, failure: { code: 'E_UNREACHABLE', message: 'gone' } },
    {},
  ]);
  await expect(repair(world)).rejects.toThrow('gone');
  isGone = false;
});

let isGone = false;
