import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Json } from '../../core/contract/index.ts';
import { localCommands } from '../testing/commands.ts';
import { startDaemon } from '../testing/daemon.ts';
import { fakeHookContext } from '../testing/deployment.ts';
import { fakeScope } from '../testing/scope.ts';
import { hook } from './hook.ts';

const TITLE = 'php-fpm: master process (/etc/php/8.2/fpm/php-fpm.conf)';
const create = (raw: Json) => hook.create(hook.parse(raw), fakeScope());

/** On "a server" that is this machine. Gives what the hook told. */
async function reload(raw: Json): Promise<string> {
  const { command, said } = localCommands(tmpdir());
  await create(raw).run(fakeHookContext({ command }));
  return said.join('');
}

async function pidFile(content: unknown): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'cutover-fpm-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  await writeFile(join(directory, 'fpm.pid'), String(content));
  return join(directory, 'fpm.pid');
}

const fpm = (reload: 'exec' | 'spawn' | 'nothing' | 'die', more: { workers?: number; title?: string } = {}) =>
  startDaemon({ title: TITLE, signal: 'USR2', reload, ...more });

test('the master of the pid file is told to begin anew, and its workers are seen to be others', async () => {
  await using master = await fpm('exec');
  expect(await reload({ pidFile: await pidFile(`${master.pid}\n`) })).toBe(
    `ok: PHP-FPM (process ${master.pid}) is reloaded, with new workers\n`,
  );
});

test('one without workers (ondemand) is seen to begin anew, too', async () => {
  await using master = await fpm('exec', { workers: 0 });
  expect(await reload({ pidFile: await pidFile(master.pid) })).toMatch(/ is reloaded\n$/);
});

test('a configured command reloads it instead', async () => {
  await using master = await fpm('exec');
  const raw = {
    pidFile: await pidFile(master.pid),
    command: ['sh', '-c', `echo "it's me"; kill -USR2 ${master.pid}`],
  };
  expect(await reload(raw)).toMatch(/^it's me\nok: PHP-FPM/);
});

test('a command that fails is told with its status', async () => {
  await using master = await fpm('exec');
  const raw = { pidFile: await pidFile(master.pid), command: ['sh', '-c', 'exit 7'] };
  await expect(reload(raw)).rejects.toThrow('`sh -c exit 7` ended with status 7.');
});

test('one that goes on as before is not reloaded', async () => {
  await using master = await fpm('nothing');
  await expect(reload({ pidFile: await pidFile(master.pid), timeout: '1s' })).rejects.toMatchObject({
    code: 'E_HOOK',
    message: 'PHP-FPM was not reloaded within 1 s: Workers that ran before still run.',
  });
});

test('new workers of a master that did not begin anew are not enough: the cache is its memory', async () => {
  await using master = await fpm('spawn');
  await expect(reload({ pidFile: await pidFile(master.pid), timeout: '1s' })).rejects.toThrow(
    `PHP-FPM was not reloaded within 1 s: PHP-FPM (process ${master.pid}) has not begun anew.`,
  );
});

test('one that ends instead of beginning anew is told', async () => {
  await using master = await fpm('die');
  const file = await pidFile(master.pid);
  await expect(reload({ pidFile: file, timeout: '1s' })).rejects.toThrow(
    `not reloaded within 1 s: The pid file ${file} names process ${master.pid}, which is no "php-fpm: master process".`,
  );
});

test('a pid file that names another program sends it no signal', async () => {
  await using other = await fpm('die', { title: 'something else' });
  const file = await pidFile(other.pid);
  await expect(reload({ pidFile: file })).rejects.toThrow(
    `The pid file ${file} names process ${other.pid}, which is no "php-fpm: master process".`,
  );
  expect(process.kill(other.pid, 0)).toBe(true);
});

test.each([
  ['a word', 'does not hold a number'],
  ['', 'cannot be read'],
])('a pid file with %j is told', async (content, why) => {
  await expect(reload({ pidFile: await pidFile(content) })).rejects.toThrow(why);
});

test('a pid file that is not there is told', async () => {
  await expect(reload({ pidFile: '/no/such.pid' })).rejects.toThrow(
    'The pid file /no/such.pid cannot be read.',
  );
});

test('where no commands can be run it says so', async () => {
  await expect(create({}).run(fakeHookContext())).rejects.toMatchObject({
    code: 'E_CAPABILITY',
    message: 'It runs programs on web1, where no commands can be run.',
  });
});

test('an answer that is none is no success', async () => {
  const command = async () => 'Segmentation fault\n';
  await expect(create({}).run(fakeHookContext({ command }))).rejects.toThrow(
    'What it ran on web1 did not say how it ended; the last it said is: Segmentation fault',
  );
});

test('its deadline leaves time to look, and a resumed one reloads once more', () => {
  expect(create({ timeout: '10m' })).toMatchObject({ interrupted: 'again', deadlineMs: 660_000 });
});

test.each([
  [{ pidFile: 'fpm.pid' }],
  [{ command: [] }],
  [{ command: 'reload' }],
  [{ timeout: 0 }],
  [{ service: 'x' }],
])('%j is refused', (raw) => {
  expect(() => hook.parse(raw)).toThrow(expect.objectContaining({ issues: [expect.anything()] }));
});
