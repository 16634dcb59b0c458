import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { type CutoverResult, cutover } from './support/cutover.ts';
import { packPlugin } from './support/pluginPackage.ts';
import { type Scratch, scratch } from './support/scratch.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

interface Place extends AsyncDisposable {
  readonly directory: Scratch;
  readonly at: (...names: readonly string[]) => string;
  readonly run: (args: readonly string[], cwd?: string) => Promise<CutoverResult>;
}

/** Where nothing is installed. Notices go to `told`. */
async function place(told: string[] = []): Promise<Place> {
  const directory = await scratch();
  const server = createServer(async (request, response) => {
    told.push(Buffer.concat(await request.toArray()).toString());
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const home = join(directory.path, 'home');
  const env = { NOTIFY_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` };
  return {
    directory,
    at: (...names) => join(directory.path, ...names),
    run: (args, cwd = directory.path) => cutover(args, { cwd, home, env }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await directory.remove();
    },
  };
}

async function commandLine({ run }: Place): Promise<readonly string[]> {
  const results = [await run(['--help']), await run(['plugins', '--json']), await run(['deploy', '--help'])];
  return results.map(({ stdout }) => stdout);
}

async function install({ at, run }: Place, name: string): Promise<void> {
  const tarball = await packPlugin(at(name));
  const installed = await run(['plugins', 'install', `file:${tarball}`]);
  expect(installed).toMatchObject({ exitCode: 0 });
  expect(installed.stderr).not.toContain('Warning');
}

const kinds = ['transport', 'notifier', 'hook', 'source'] as const;

test.for(kinds)('a new %s is packed, installed, used and removed', async (kind) => {
  const told: string[] = [];
  await using here = await place(told);
  const before = await commandLine(here);
  expect(await here.run(['plugin', 'new', 'pigeon', '--kind', kind])).toMatchObject({
    exitCode: 0,
    stderr: '',
  });
  await install(here, 'cutover-plugin-pigeon');
  const example = here.at('cutover-plugin-pigeon', 'example');
  const deployed = await here.run(['deploy', 'here', '--json'], example);
  expect(deployed, deployed.stderr).toMatchObject({ exitCode: 0 });
  expect(JSON.parse(deployed.stdout)).toMatchObject({ outcome: 'committed', problems: [] });
  const live = here.at('home', 'pigeon-example', 'current', 'index.html');
  expect(await readFile(live, 'utf8')).toBe('It works.\n');
  const events = told.map((body) => (JSON.parse(body) as { readonly event: string }).event);
  expect(events.includes('committed')).toBe(kind === 'notifier');
  if (kind === 'hook') {
    const { release } = JSON.parse(deployed.stdout) as { readonly release: string };
    expect(await readFile(here.at('home', 'pigeon-example', 'deployed.txt'), 'utf8')).toBe(`${release}\n`);
    await writeFile(here.at('home', 'pigeon-example', 'STOP'), 'stocktaking');
    const refused = await here.run(['deploy', 'here', '--full'], example);
    expect(refused).toMatchObject({ exitCode: 4 });
    expect(refused.stderr).toContain('the file STOP says: stocktaking');
  }
  if (kind === 'source') {
    const back = await here.run(['deploy', 'here', '--ref', '1.0.0', '--json'], example);
    expect(JSON.parse(back.stdout)).toMatchObject({ outcome: 'committed', revision: '1.0.0' });
    expect(await readFile(live, 'utf8')).toBe('It worked.\n');
    const none = await here.run(['deploy', 'here', '--ref', '3.0.0'], example);
    expect(none).toMatchObject({ exitCode: 4 });
    expect(none.stderr).toContain('has no version 3.0.0.');
  }

  expect(await here.run(['plugins', 'uninstall', 'cutover-plugin-pigeon'])).toMatchObject({ exitCode: 0 });
  expect(await commandLine(here)).toEqual(before);
  expect(await here.run(['plan', 'here'], example)).toMatchObject({ exitCode: 3 });
});

test('all kinds at once pass their own tests, and the compiler', async () => {
  await using here = await place();
  const all = ['transport', 'notifier', 'hook', 'source'].flatMap((kind) => ['--kind', kind]);
  const name = '@me/cutover-plugin-pigeon-post';
  const made = await here.run(['plugin', 'new', ...all, name, '--json']);
  const { directory, files } = JSON.parse(made.stdout) as { directory: string; files: string[] };
  expect(directory).toBe(here.at('cutover-plugin-pigeon-post'));
  await mkdir(join(directory, 'node_modules', '@types'), { recursive: true });
  await symlink(root, join(directory, 'node_modules', 'cutover'));
  await symlink(join(root, 'node_modules/@types/node'), join(directory, 'node_modules/@types/node'));
  const tests = await execa('node', ['--test', '--test-reporter', 'tap'], {
    cwd: directory,
    reject: false,
    timeout: 60_000,
  });
  expect(tests.stdout).toMatch(/^ok \d+ - exec: every word arrives as it is$/m);
  expect(tests.stdout).toMatch(/^# fail 0$/m);
  expect(tests.exitCode).toBe(0);
  const options = [
    '--noEmit',
    '--strict',
    '--checkJs',
    '--allowJs',
    '--module',
    'nodenext',
    '--target',
    'es2024',
  ];
  const compiled = await execa(
    join(root, 'node_modules/.bin/tsc'),
    [...options, '--types', 'node', ...files.filter((file) => file.endsWith('.js'))],
    { cwd: directory, reject: false },
  );
  expect(compiled.stdout).toBe('');
});

test('nothing is replaced, and what cannot be is said at once', async () => {
  await using here = await place();
  await writeFile(here.at('there'), 'mine');
  const refused = async (...args: readonly string[]) => {
    const { exitCode, stdout, stderr } = await here.run(['plugin', 'new', ...args]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    return stderr;
  };
  expect(await refused('pigeon', '--kind', 'hook', '--dir', '.')).toContain(
    'is not empty; nothing was written',
  );
  expect(await refused('pigeon', '--kind', 'hook', '--dir', 'there')).toContain('could not be written');
  expect(await refused('pigeon', '--kind', 'target')).toContain(
    'Target kinds cannot be brought by plugins yet.',
  );
  expect(await refused('webhook', '--kind', 'notifier')).toContain(
    'A notifier called webhook comes with cutover.',
  );
  expect(await refused('pigeon')).toMatch(/^✗ The flag --kind is missing: it is required\.\n/);
  expect(await readFile(here.at('there'), 'utf8')).toBe('mine');
});
