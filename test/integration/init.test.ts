import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { STARTER_PRESETS } from '../../src/core/config/starterPresets.ts';
import { cutover } from './support/cutover.ts';
import { scratch } from './support/scratch.ts';

test('a configuration that is there is told of before anything is asked for', async () => {
  await using directory = await scratch();
  const cwd = directory.path;
  const file = join(cwd, 'cutover.yaml');
  expect((await cutover(['init'], { cwd })).stderr).toContain('--path and --host are missing');
  await writeFile(file, 'mine');
  const refused = await cutover(['init'], { cwd });
  expect(refused).toMatchObject({ exitCode: 2, stdout: '' });
  expect(refused.stderr).toContain('cutover.yaml exists already; it was not touched.');
  expect(refused.stderr).not.toContain('--path');
  expect(await readFile(file, 'utf8')).toBe('mine');

  const complete = ['init', '--transport', 'local', '--path', '/srv/x'];
  expect((await cutover(complete, { cwd })).exitCode).toBe(2);
  expect((await cutover([...complete, '--config', 'other.yaml'], { cwd })).exitCode).toBe(0);
  expect((await cutover([...complete, '--force'], { cwd })).exitCode).toBe(0);
  expect(await readFile(file, 'utf8')).toContain('/srv/x');
});

test('its help names the presets', async () => {
  await using directory = await scratch();
  const { stdout } = await cutover(['init', '--help'], { cwd: directory.path });
  const words = stdout.split(/[^a-z]+/);
  expect(Object.keys(STARTER_PRESETS).filter((name) => !words.includes(name))).toEqual([]);
});
