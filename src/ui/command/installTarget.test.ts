import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { installTarget } from './installTarget.ts';

let here: string;
beforeAll(async () => {
  here = await realpath(await mkdtemp(join(tmpdir(), 'cutover-target-')));
  await writeFile(join(here, 'x-1.0.0.tgz'), '');
  await mkdir(join(here, 'dir'));
});
afterAll(() => rm(here, { recursive: true }));

test.for(['./x-1.0.0.tgz', 'x-1.0.0.tgz', 'dir/../x-1.0.0.tgz', 'file:x-1.0.0.tgz', 'file:./x-1.0.0.tgz'])(
  'the path of a tarball, %s, becomes absolute',
  (text) => {
    expect(installTarget(text, here)).toBe(`file:${here}/x-1.0.0.tgz`);
    expect(installTarget(`file://${here}/x-1.0.0.tgz`, '/')).toBe(`file:${here}/x-1.0.0.tgz`);
  },
);

test.for([
  'dir',
  'cutover-plugin-x',
  'cutover-plugin-x@1.0.0',
  '@me/cutover-plugin-x',
  'someone/repository',
  'https://example.com/x.tgz',
  'git+ssh://git@example.com/x.git',
])('%s is left to npm', (text) => {
  expect(installTarget(text, here)).toBe(text);
});

test.for(['./dir', 'dir/', 'file:dir'])('%s is a directory, which is linked', (text) => {
  expect(() => installTarget(text, here)).toThrow(
    expect.objectContaining({ code: 'E_USAGE', hint: `cutover plugins link ${text.replace('file:', '')}` }),
  );
});

test.for(['./gone.tgz', 'gone.tar.gz', '/gone'])('where nothing is, as at %s, that is said', (text) => {
  expect(() => installTarget(text, here)).toThrow(expect.objectContaining({ code: 'E_USAGE' }));
});
