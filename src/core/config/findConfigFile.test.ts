import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findConfigFile, isPlanted } from './findConfigFile.ts';
import { folderWith } from './testing/folder.ts';

test.each([
  'cutover.yaml',
  'cutover.yml',
  'cutover.config.ts',
  'cutover.config.mts',
  'cutover.config.js',
  'cutover.config.mjs',
  'cutover.config.json',
])('%s is found from a folder below', async (name) => {
  const folder = await folderWith({ [name]: '', 'a/b/other.yaml': '' });
  await expect(findConfigFile(join(folder, 'a/b'), null)).resolves.toBe(join(folder, name));
});

test('the nearest one counts, and a folder of that name does not', async () => {
  const folder = await folderWith({ 'cutover.yaml': '', 'a/cutover.yml': '' });
  await mkdir(join(folder, 'a/b/cutover.yaml'), { recursive: true });
  await expect(findConfigFile(join(folder, 'a/b'), null)).resolves.toBe(join(folder, 'a/cutover.yml'));
});

test('two in one folder are both named', async () => {
  const folder = await folderWith({ 'cutover.yml': '', 'cutover.config.ts': '' });
  await expect(findConfigFile(folder, null)).rejects.toMatchObject({
    code: 'E_CONFIG',
    message: `There are several configurations: ${folder}/cutover.yml and ${folder}/cutover.config.ts.`,
  });
});

test('none anywhere leads to init', async () => {
  const folder = await folderWith({});
  await expect(findConfigFile(folder, null)).rejects.toMatchObject({
    code: 'E_CONFIG',
    hint: 'cutover init',
  });
});

test('a named one is taken from here, under any name, and must be there', async () => {
  const folder = await folderWith({ 'deploy/shop.yaml': '', 'cutover.yaml': '' });
  await expect(findConfigFile(folder, 'deploy/shop.yaml')).resolves.toBe(join(folder, 'deploy/shop.yaml'));
  await expect(findConfigFile(folder, 'nowhere.yaml')).rejects.toMatchObject({
    code: 'E_CONFIG',
    message: expect.stringContaining(`${folder}/nowhere.yaml could not be read: ENOENT`),
  });
  await expect(findConfigFile(folder, 'deploy')).rejects.toMatchObject({
    message: expect.stringContaining('is not a file'),
  });
});

test('our own one above is used, also where everybody may write', async () => {
  const folder = await folderWith({ 'cutover.yaml': '', 'a/x': '' });
  await chmod(folder, 0o777);
  await expect(findConfigFile(join(folder, 'a'), null)).resolves.toBe(join(folder, 'cutover.yaml'));
});

test.each([
  [0o41777, 1001, 1000, true],
  [0o40777, 1001, 0, true],
  [0o41777, 1000, 1000, false],
  [0o41777, 0, 1000, false],
  [0o40775, 1001, 1000, false],
])('in a folder of mode %o a file of %i is planted for %i: %s', (directoryMode, fileUid, ownUid, planted) => {
  expect(isPlanted({ directoryMode, fileUid, ownUid })).toBe(planted);
});
