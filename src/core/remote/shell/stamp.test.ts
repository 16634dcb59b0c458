import { existsSync } from 'node:fs';
import { appendFile, chmod, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { engineAt, engineHere, type Here, never } from '../../testing/engineHere.ts';
import { localTransport } from '../../testing/localConnection.ts';
import { pathWith, scratch } from '../../testing/scratch.ts';
import { tidied } from '../../testing/tidied.ts';

const A = '20260101000001';
const B = '20260101000002';
const TREE = { 'index.html': 'one', 'a b/it\'s "x" é': 'odd', '-rf': 'dash', empty: '', other: '' };

/** A second deployment that has found the stamp of the first, and how often whole caches were compared in it. */
async function second(tools: Readonly<Record<string, string>> = {}, between = async (_here: Here) => {}) {
  const first = await engineHere(localTransport({ env: { ...process.env, PATH: await pathWith(tools) } }));
  await first.build(A, TREE);
  await first.engine.releaseLock(first.fence.generation, never);
  await tidied(first.path);
  await between(first);
  const log = join(await scratch(), 'whole');
  const PATH = await pathWith({ ...tools, uniq: `echo whole >>${log}; exec /usr/bin/uniq "$@"` });
  const here = await engineHere(localTransport({ env: { ...process.env, PATH } }), first.path);
  const claim = here.at('.cutover/standby', `claimed-${here.fence.generation}`);
  const wholeLooks = async () => (await readFile(log, 'utf8').catch(() => '')).split('\n').length - 1;
  const leaks = () => here.engine.leaks(never, here.fence);
  return { here, claim, leaks, wholeLooks, at: (name: string) => here.at('releases', A, name) };
}

const file = { path: 'index.html', content: true };

const WRITES: Readonly<
  Record<string, readonly [(at: (name: string) => string) => Promise<unknown>, readonly object[]]>
> = {
  nothing: [async () => {}, []],
  '>>': [(at) => appendFile(at('index.html'), ' x'), [file]],
  'an odd name': [
    (at) => appendFile(at('a b/it\'s "x" é'), '!'),
    [{ path: 'a b/it\'s "x" é', content: true }],
  ],
  'a leading dash': [(at) => appendFile(at('-rf'), '!'), [{ path: '-rf', content: true }]],
  'the same size and time': [
    async (at) => {
      await writeFile(at('index.html'), 'two');
      await utimes(at('index.html'), 1_700_000_000, 1_700_000_000);
    },
    [file],
  ],
  'the mode': [(at) => chmod(at('index.html'), 0o600), [{ path: 'index.html', content: false }]],
  unreadable: [(at) => chmod(at('index.html'), 0o200), [file]],
  'one of two that are empty': [(at) => appendFile(at('empty'), 'x'), [{ path: 'empty', content: true }]],
  'another inode': [
    async (at) => {
      await writeFile(at('new'), 'two');
      await rename(at('new'), at('index.html'));
      await rm(at('other'));
    },
    [],
  ],
};

test.for(Object.keys(WRITES))('since the stamp is found, without a look at all else: %s', async (name) => {
  const [write, found] = WRITES[name]!;
  const { leaks, wholeLooks, at } = await second();
  await write(at);
  for (let time = 0; time < 2; time++) expect(await leaks()).toEqual(found);
  expect(await wholeLooks()).toBe(0);
});

test('the upload of this deployment is no leak, and neither is what it took away', async () => {
  const { here, leaks, wholeLooks } = await second();
  const tree = { 'index.html': 'two', '-rf': 'dash', empty: 'no more', new: 'x' };
  const work = await here.sync(B, tree);
  expect(await leaks()).toEqual([]);
  await here.link(B, work);
  expect(await wholeLooks()).toBe(0);
});

test('what was written before the stamp was made, and not mended, is not forgotten', async () => {
  const { leaks, wholeLooks } = await second({}, async (first) => {
    await appendFile(first.at('releases', A, 'index.html'), ' x');
    await rm(first.at('.cutover/standby/g-000002'), { recursive: true });
    const idle = await engineAt(localTransport(), first.path);
    await idle.engine.releaseLock(idle.fence.generation, never);
    await tidied(first.path);
  });
  expect(await leaks()).toEqual([file]);
  expect(await wholeLooks()).toBe(0);
});

test('a cache in place of which the release was linked is refused as well, by the number of its entries', async () => {
  const { here, wholeLooks, claim } = await second({}, (first) => rm(first.at('deploy-cache/other')));
  await vi.waitUntil(() => existsSync(join(claim, 'look/over')));
  const work = await here.sync(B, { ...TREE, new: 'x' });
  await expect(here.link(B, work)).rejects.toMatchObject({
    message: expect.stringContaining('holds 6 entries and not the 7'),
  });
  expect(await wholeLooks()).toBe(0);
});

test('what commands write is looked for since the release was linked', async () => {
  const { here, leaks, wholeLooks } = await second();
  await here.link(B, await here.sync(B, { ...TREE, new: 'x' }), { commandsFollow: true });
  expect(await leaks()).toEqual([]);
  await appendFile(here.at('releases', B, 'new'), ' x');
  expect(await leaks()).toEqual([{ path: 'new', content: true }]);
  expect(await wholeLooks()).toBe(0);
});

const INVALID: Readonly<Record<string, (claim: string) => Promise<unknown>>> = {
  'was never made': (claim) => rm(join(claim, 'stamp')),
  'was made, and nothing looked at behind it': (claim) => rm(join(claim, 'leaks')),
  'lies in the future': (claim) =>
    utimes(join(claim, 'stamp'), Date.now() / 1000 + 60, Date.now() / 1000 + 60),
  'is of before the clock was set': (claim) => writeFile(join(claim, 'boot'), '1700000000\n'),
  'belongs to another deployment': (claim) => rename(claim, `${claim}-other`),
};

test.for(Object.keys(INVALID))('a stamp that %s tells nothing, and all is compared', async (name) => {
  const { leaks, wholeLooks, claim, at } = await second();
  await appendFile(at('index.html'), ' x');
  await INVALID[name]!(claim);
  expect(await leaks()).toEqual([file]);
  expect(await wholeLooks()).toBe(1);
});

test('where find does not know -cnewer all is compared, and standbys still become releases', async () => {
  const find =
    'case " $* " in *" -cnewer "*) echo "find: unrecognized: -cnewer" >&2; exit 1 ;; esac; exec /usr/bin/find "$@"';
  const { here, claim, leaks, wholeLooks, at } = await second({ find });
  const { ino } = await stat(join(claim, 'tree'));
  await here.link(B, await here.sync(B, { ...TREE, new: 'x' }), { commandsFollow: true });
  expect((await stat(here.at('releases', B))).ino).toBe(ino);
  await appendFile(at('index.html'), ' x');
  expect(await leaks()).toEqual([file]);
  expect(await wholeLooks()).toBe(2);
});

test('a stamp is finished when a change gets a later time', async () => {
  const { claim } = await second();
  const [stamp, tick] = await Promise.all(
    ['stamp', 'tick'].map((name) => stat(join(claim, name), { bigint: true })),
  );
  expect(tick!.ctimeNs).toBeGreaterThan(stamp!.mtimeNs);
});
