import { rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { engineHere, never, syncRequest, workHere } from '../../testing/engineHere.ts';
import { listing } from '../../testing/listing.ts';
import { scratch } from '../../testing/scratch.ts';
import { manifestOf } from '../../testing/trees.ts';

const A = '20260101000001';
const B = '20260101000002';

const paths = async (directory: string) => (await listing(directory)).map((line) => line.split(' ')[0]);

test('a directory of the cache that became a link is refused, and nothing outside is touched', async () => {
  const here = await engineHere();
  const outside = await scratch();
  await here.sync(A, { 'assets/app.js': 'one', 'assets/old.js': 'x' });
  await writeFile(join(outside, 'app.js'), 'not ours');
  await writeFile(join(outside, 'old.js'), 'not ours');
  await rm(here.at('deploy-cache', 'assets'), { recursive: true });
  await symlink(outside, here.at('deploy-cache', 'assets'));
  const before = await listing(outside, 'trace');
  await expect(here.sync(B, { 'assets/app.js': 'two' })).rejects.toMatchObject({
    code: 'E_REFUSED',
    message: expect.stringMatching(/deploy-cache\/assets is not the directory.*--full/),
  });
  expect(await listing(outside, 'trace')).toEqual(before);
  await here.sync(B, { 'assets/app.js': 'two' }, { full: true });
  expect(await listing(outside, 'trace')).toEqual(before);
  expect(await paths(here.at('deploy-cache'))).toEqual(['.', './assets', './assets/app.js']);
});

test('a cache that vanished in between is not taken for one that was merged', async () => {
  const here = await engineHere();
  await here.sync(A, { file: 'one', other: 'x' });
  const tree = { file: 'two', other: 'x' };
  const work = await workHere(here.engine, B, manifestOf(tree));
  await rename(here.at('deploy-cache'), here.at('elsewhere'));
  await expect(here.engine.sync(here.fence, syncRequest(B, work, tree), never)).rejects.toMatchObject({
    code: 'E_REFUSED',
  });
  // The next one knows nothing and builds it anew.
  await here.sync(B, tree);
  expect(await paths(here.at('deploy-cache'))).toEqual(['.', './file', './other']);
});
