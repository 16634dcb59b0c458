import { appendFile, mkdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { uptime } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { engineHere, type Here, never } from '../../testing/engineHere.ts';
import { listing } from '../../testing/listing.ts';
import { localTransport } from '../../testing/localConnection.ts';
import { pathWith, scratch } from '../../testing/scratch.ts';
import { tidied } from '../../testing/tidied.ts';

const A = '20260101000001';
const B = '20260101000002';
const TREE = { 'index.html': 'one', 'd/a': 'a', other: '' };
const NEXT = { ...TREE, other: 'more' };

const nothing = async () => {};

/** A second deployment, prepared; how often somebody has looked at the cache by the stamp in it. */
async function second(before: (first: Here) => Promise<unknown> = nothing) {
  const first = await engineHere();
  await first.build(A, TREE);
  await idle(first);
  await before(first);
  const log = join(await scratch(), 'looks');
  const find = `case " $* " in *" -fprint "*) echo look >>${log} ;; esac; exec /usr/bin/find "$@"`;
  const here = await engineHere(
    localTransport({ env: { ...process.env, PATH: await pathWith({ find }) } }),
    first.path,
  );
  const look = here.at('.cutover/standby', `claimed-${here.fence.generation}`, 'look');
  const looks = async () => (await readFile(log, 'utf8')).split('\n').length - 1;
  return { here, look, looks, old: (name: string) => here.at('releases', A, name) };
}

async function idle(here: Here): Promise<void> {
  await here.engine.releaseLock(here.fence.generation, never);
  await tidied(here.path);
}

const inPlace = { message: expect.stringContaining('were changed in place') };

test('the cache is looked at once, and what the upload itself changes is no leak', async () => {
  const { here, looks } = await second();
  await here.build(B, NEXT);
  expect(await looks()).toBe(1);
  expect(await listing(here.at('releases', B))).toEqual(await listing(here.at('deploy-cache')));
});

test('a write before the deployment is found, unless the upload replaces it', async () => {
  const { here, old } = await second((first) => appendFile(first.at('releases', A, 'index.html'), ' x'));
  const work = await here.sync(B, NEXT);
  await expect(here.link(B, work)).rejects.toMatchObject(inPlace);
  const later = await second((first) => appendFile(first.at('releases', A, 'other'), ' x'));
  await later.here.build(B, NEXT);
  expect(await readFile(later.here.at('releases', B, 'other'), 'utf8')).toBe('more');
  expect(await readFile(old('index.html'), 'utf8')).toBe('one x');
});

test('a write since the look is found by the next deployment', async () => {
  const { here, old } = await second();
  const work = await here.sync(B, NEXT);
  await appendFile(old('index.html'), ' x');
  await here.link(B, work);
  await idle(here);
  const third = await engineHere(localTransport(), here.path);
  expect(await third.engine.leaks(never, third.fence)).toEqual([{ path: 'index.html', content: true }]);
});

test('a look of long ago is made once more', async () => {
  const { here, look, looks, old } = await second();
  const work = await here.sync(B, NEXT);
  await appendFile(old('index.html'), ' x');
  await writeFile(join(look, 'looked'), `${Math.floor(uptime()) - 60}\n`);
  await expect(here.link(B, work)).rejects.toMatchObject(inPlace);
  expect(await looks()).toBe(2);
});

test('nobody waits for a look that has died, and the link looks itself', async () => {
  const { here, look, looks, old } = await second();
  await here.sync(B, TREE);
  await rm(look, { recursive: true });
  await mkdir(look);
  await symlink('999999999 1', join(look, 'pid'));
  await appendFile(old('index.html'), ' x');
  await expect(here.link(B, await here.sync(B, NEXT))).rejects.toMatchObject(inPlace);
  expect(await looks()).toBe(2);
});

test('a look that the upload overtakes sees what was written, and not what the upload itself did', async () => {
  for (const isWritten of [false, true]) {
    const first = await engineHere();
    await first.build(A, { ...TREE, 'gone/a': 'a', 'gone/b': 'b' });
    await idle(first);
    const [gate, log] = [join(await scratch(), 'gate'), join(await scratch(), 'log')];
    const wait = `echo look >>${log}; until [ -e ${gate} ]; do sleep 0.01; done`;
    const find = `case " $* " in *" -fprint "*) ${wait} ;; esac; exec /usr/bin/find "$@"`;
    const PATH = await pathWith({ find });
    const here = await engineHere(localTransport({ env: { ...process.env, PATH } }), first.path);
    const { ino } = await stat(here.at('.cutover/standby', `claimed-${here.fence.generation}`, 'tree'));
    const work = await here.sync(B, { ...NEXT, 'd/new': 'x' });
    if (isWritten) await appendFile(here.at('releases', A, 'index.html'), ' x');
    await writeFile(gate, '');
    const linked = here.link(B, work);
    if (isWritten) await expect(linked).rejects.toMatchObject(inPlace);
    else {
      await linked;
      expect(await readFile(log, 'utf8')).toBe('look\n');
      expect((await stat(here.at('releases', B))).ino).toBe(ino);
    }
  }
});

test('an entry too many in the cache, beyond what the upload touches, is no release', async () => {
  const { here, look } = await second((first) =>
    Promise.all(['1', '2', '3', '4', '5'].map((name) => writeFile(first.at('deploy-cache', name), ''))),
  );
  const work = await here.sync(B, NEXT);
  await writeFile(join(look, 'overtaken'), '');
  await expect(here.link(B, work)).rejects.toMatchObject({
    message: expect.stringContaining('holds 9 entries and not the 4 it should'),
  });
});
