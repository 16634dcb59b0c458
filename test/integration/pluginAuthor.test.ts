import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import type { TransactionResult } from '../../src/core/operations/results.ts';
import { cutover } from './support/cutover.ts';
import { packPlugin } from './support/pluginPackage.ts';
import { scratch } from './support/scratch.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Writes down the files of docs/plugins.md: a fence names one behind its language. Gives their paths. */
async function writeExample(directory: string): Promise<readonly string[]> {
  const page = await readFile(join(root, 'docs/plugins.md'), 'utf8');
  const files = [...page.matchAll(/^```\w+ (\S+)\n(.*?)^```$/gms)];
  for (const [, path = '', text = ''] of files) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), text);
  }
  return files.map(([, path = '']) => path).sort();
}

test('the plugin of docs/plugins.md is packed, installed, deployed with, and leaves no trace', async () => {
  await using directory = await scratch();
  const at = (...names: readonly string[]) => join(directory.path, ...names);
  const told: string[] = [];
  const server = createServer(async (request, response) => {
    told.push(Buffer.concat(await request.toArray()).toString());
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  await using _ = { [Symbol.asyncDispose]: async () => void server.close() };
  const env = { HARBOUR_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/canary-4711` };
  const run = (args: readonly string[], cwd = directory.path) =>
    cutover(args, { cwd, env, home: at('home') });
  const commandLine = async () => [
    (await run(['--help'])).stdout,
    (await run(['deploy', '--help'])).stdout,
    (await run(['plugins', '--json'])).stdout,
  ];

  expect(await writeExample(directory.path)).toContain('harbour/package.json');
  const before = await commandLine();
  const installed = await run(['plugins', 'install', `file:${await packPlugin(at('harbour'))}`]);
  expect(installed).toMatchObject({ exitCode: 0 });
  expect(installed.stderr).not.toContain('Warning');

  const example = at('harbour', 'example');
  const deployed = await run(['deploy', 'port', '--json'], example);
  expect(deployed, deployed.stderr).toMatchObject({ exitCode: 0 });
  const { release, ...answer } = JSON.parse(deployed.stdout) as TransactionResult;
  expect(answer).toMatchObject({ outcome: 'committed', problems: [] });
  expect(await readFile(at('home', 'ferry', 'current', 'index.html'), 'utf8')).toContain('leaves at noon');
  expect(await readFile(at('home', 'ferry', 'shared', 'berth'), 'utf8')).toBe(`${release}\n`);
  expect(deployed.stderr).toContain(`${release} lies in its berth.`);
  expect(told.join('\n')).toContain(release);
  expect(deployed.stdout + deployed.stderr).not.toContain('canary-4711');

  await writeFile(at('home', 'ferry', 'shared', 'HOLD'), 'fog');
  await writeFile(join(example, 'site', 'index.html'), 'It leaves at two.');
  const refused = await run(['deploy', 'port'], example);
  expect(refused).toMatchObject({ exitCode: 4 });
  expect(refused.stderr).toContain('the harbour master says: fog');

  expect(await run(['plugins', 'uninstall', 'cutover-plugin-harbour'])).toMatchObject({ exitCode: 0 });
  expect(await commandLine()).toEqual(before);
  const missing = await run(['plan', 'port'], example);
  expect(missing).toMatchObject({ exitCode: 3 });
  expect(missing.stderr).toContain('harbour');
});

test('its transport passes all that ours pass', async () => {
  await using directory = await scratch();
  await writeExample(directory.path);
  const harbour = join(directory.path, 'harbour');
  await mkdir(join(harbour, 'node_modules'));
  await symlink(root, join(harbour, 'node_modules', 'cutover'));
  const { stdout } = await execa('node', ['--test', '--test-reporter', 'tap'], {
    cwd: harbour,
    reject: false,
    timeout: 60_000,
  });
  expect(stdout).toMatch(/^ok \d+ - exec: every word arrives as it is$/m);
  expect(stdout).toMatch(/^# fail 0$/m);
});
