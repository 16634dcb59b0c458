import { existsSync } from 'node:fs';
import { appendFile, lstat, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { packRepair } from '../../sync/repairArchive.ts';
import { cachedAt } from '../../sync/testing/entries.ts';
import { engineAt, engineHere, type Here, never } from '../../testing/engineHere.ts';
import { listing } from '../../testing/listing.ts';
import { localTransport } from '../../testing/localConnection.ts';
import { pathWith, scratch } from '../../testing/scratch.ts';
import { manifestOf, snapshotOf } from '../../testing/trees.ts';
import { A, again, B, deployed, ended, ONE, standbys, TWO } from './testing/tidiedSite.ts';

const inode = async (here: Here, ...names: string[]) => (await lstat(here.at(...names))).ino;

test('behind a deployment the trash is removed, and a clone of the cache stands by', async () => {
  const here = await engineHere();
  await here.build(A, ONE);
  await here.build(B, TWO);
  await here.engine.prune(here.fence, { releases: [A], records: [], ledger: null, nonce: 'n' }, never);
  expect(await readdir(here.at('releases'))).toEqual([B]);
  await ended(here);
  expect(await readdir(here.at('.cutover/trash'))).toEqual([]);
  expect(await standbys(here)).toEqual(['g-000002', 'wanted']);
  expect(await listing(here.at('.cutover/standby/g-000002/tree'))).toEqual(
    await listing(here.at('deploy-cache')),
  );
  expect(await inode(here, '.cutover/standby/g-000002/tree/a/b')).toBe(await inode(here, 'deploy-cache/a/b'));
  expect(await readFile(here.at('.cutover/standby/g-000002/head'), 'utf8')).toBe(
    await readFile(here.at('.cutover/cache'), 'utf8'),
  );
});

test('the standby becomes the next release, with the change in it', async () => {
  const here = await again(await deployed());
  const tree = await inode(here, '.cutover/standby/claimed-g-000003/tree');
  const work = await here.sync(B, TWO);
  expect(await here.link(B, work)).toEqual({ copied: null, shares: true });
  expect(await inode(here, 'releases', B)).toBe(tree);
  expect(await listing(here.at('releases', B))).toEqual(await listing(here.at('deploy-cache')));
  expect(await inode(here, 'releases', B, 'd/e')).toBe(await inode(here, 'deploy-cache/d/e'));
  await ended(here);
  expect(await standbys(here)).toEqual(['g-000004', 'wanted']);
});

test('with nothing to send it is the release as it is', async () => {
  const here = await again(await deployed());
  const tree = await inode(here, '.cutover/standby/claimed-g-000003/tree');
  const { cache } = await here.see();
  const { files, directories, links } = cache.head!.totals;
  const request = { entries: files + directories + links };
  await here.link(B, { head: cache.head } as never, request);
  expect(await inode(here, 'releases', B)).toBe(tree);
});

test('a deployment that finds nothing to do leaves the standby for the next one', async () => {
  const here = await deployed();
  const idle = await engineAt(localTransport(), here.path);
  await ended(idle);
  expect(await standbys(here)).toEqual(['g-000002', 'wanted']);
  const next = await again(here);
  expect(await standbys(next)).toEqual(['claimed-g-000005', 'wanted']);
});

const SPOILT: Readonly<Record<string, (standby: string, here: Here) => Promise<unknown>>> = {
  missing: (standby) => rm(standby, { recursive: true }),
  'half made': (standby) => rename(join(standby, 'tree'), join(standby, 'part')),
  'without a stamp': (standby) => rm(join(standby, 'stamp')),
  'of another head': (standby) => appendFile(join(standby, 'head'), 'segment 20250101000000\n'),
  'of a torn head': (standby) => writeFile(join(standby, 'head'), 'cutover-ca'),
  'with a file too many': (standby) => writeFile(join(standby, 'tree/a/extra'), 'x'),
  'with a file too few': (standby) => rm(join(standby, 'tree/a/b')),
  'with another file': async (standby) => {
    await writeFile(join(standby, 'new'), 'other');
    await rename(join(standby, 'new'), join(standby, 'tree/a/b'));
  },
  'with a directory that leads elsewhere': async (standby, here) => {
    await mkdir(join(standby, 'tree/one'));
    await rm(join(standby, 'tree/a'), { recursive: true });
    await rename(join(standby, 'tree/one'), here.at('elsewhere'));
    await writeFile(here.at('elsewhere/b'), 'precious');
  },
  'made before somebody changed the cache': async (_standby, here) => {
    const other = await engineAt(localTransport(), here.path);
    await other.sync('20260101000004', { ...ONE, 'by another': 'x' });
    await other.sync('20260101000005', ONE);
    expect(await standbys(other)).not.toContain('g-000002');
    await other.engine.releaseLock(other.fence.generation, never);
  },
};

test.for(Object.keys(SPOILT))('a standby that is %s is no release', async (name) => {
  const before = await deployed();
  await SPOILT[name]!(before.at('.cutover/standby/g-000002'), before);
  const here = await again(before);
  await here.build(B, TWO);
  expect(await listing(here.at('releases', B))).toEqual(await listing(here.at('deploy-cache')));
  expect(await listing(here.at('releases', A))).toEqual(
    await listing((await engineWith(ONE)).at('deploy-cache')),
  );
  for (const file of ['a/b', 'd/e'])
    expect(await inode(here, 'releases', B, file)).toBe(await inode(here, 'deploy-cache', file));
  await ended(here);
  expect(await standbys(here)).toEqual([expect.stringMatching(/^g-/), 'wanted']);
  expect(await readdir(here.at('.cutover/trash'))).toEqual([]);
});

async function engineWith(tree: typeof ONE): Promise<Here> {
  const here = await engineHere();
  await here.sync(A, tree);
  return here;
}

test('a release that was made half from the standby is begun again', async () => {
  const killed = join(await scratch(), 'killed');
  const dying = `cp -al deploy-cache/d .cutover/build/${B}/half; : >${killed}; kill -9 $PPID`;
  const cp = `if [ ! -e ${killed} ]; then case $* in *change/tree*) PATH=/bin:/usr/bin; ${dying} ;; esac; fi; exec /bin/cp "$@"`;
  const before = await deployed();
  const transport = localTransport({ env: { ...process.env, PATH: await pathWith({ cp }) } });
  const here = await again(before, transport);
  const work = await here.sync(B, TWO);
  await expect(here.link(B, work)).rejects.toMatchObject({ code: 'E_REMOTE' });
  expect(await readdir(here.at('.cutover/build', B))).toContain('half');
  await here.link(B, work);
  expect(await listing(here.at('releases', B))).toEqual(await listing(here.at('deploy-cache')));
});

test.for(['before it is claimed', 'once it is claimed'])(
  'what stands by goes with the mending of the cache: %s',
  async (when) => {
    const before = await deployed();
    const mend = async ({ engine, fence }: Here) => {
      const send = cachedAt(
        1_700_000_000,
        manifestOf(ONE).filter(({ path }) => path === 'a/b'),
      );
      const snapshot = snapshotOf(ONE);
      const archive = () => packRepair({ release: B, send, copy: [], snapshot, signal: never });
      await engine.repair(fence, { release: B, otherReleases: false, archive }, never);
    };
    if (when === 'before it is claimed') {
      const other = await engineAt(localTransport(), before.path);
      await mend(other);
      await other.engine.releaseLock(other.fence.generation, never);
    }
    const here = await again(before);
    if (when !== 'before it is claimed') await mend(here);
    await here.build(B, TWO);
    expect(await inode(here, 'releases', B, 'a/b')).toBe(await inode(here, 'deploy-cache/a/b'));
  },
);

test.for(['copy', 'unshared'] as const)(
  'no clone is made for releases with files of their own: %s',
  async (how) => {
    const here = await engineHere();
    const work = await here.sync(A, ONE);
    await here.link(A, work, how === 'copy' ? { mode: 'copy' } : { unshared: ['a/b'] });
    await ended(here);
    expect(existsSync(here.at('.cutover/standby/g-000002/tree'))).toBe(false);
    expect(existsSync(here.at('.cutover/standby/g-000002/stamp'))).toBe(how === 'unshared');
  },
);
