// @ts-check
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fakeScope } from 'cutover/testing';
import { source } from './source.js';

/** @type {string} */
let folder;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'source-'));
  for (const version of ['1.9.0', '1.10.0']) {
    await mkdir(join(folder, 'versions', version), { recursive: true });
    await writeFile(join(folder, 'versions', version, `${version}.txt`), version);
  }
  await mkdir(join(folder, 'out'));
});
after(() => rm(folder, { recursive: true }));

/** @param {string | null} ref */
const fetch = (ref) => {
  const scope = fakeScope();
  const made = source.create(source.parse({ from: join(folder, 'versions') }), scope);
  return made.fetch({ ref, directory: join(folder, 'out') }, scope);
};

test('brings what is asked for, and else the newest; what was there goes', async () => {
  assert.deepEqual(await fetch('1.9.0'), { revision: '1.9.0' });
  assert.deepEqual(await fetch(null), { revision: '1.10.0' });
  assert.deepEqual(await readdir(join(folder, 'out')), ['1.10.0.txt']);
  assert.equal(await readFile(join(folder, 'out', '1.10.0.txt'), 'utf8'), '1.10.0');
});

test('a version that is not there is refused by name', async () => {
  await assert.rejects(fetch('2.0.0'), { code: 'E_SOURCE', hint: 'There are: 1.9.0, 1.10.0.' });
});
