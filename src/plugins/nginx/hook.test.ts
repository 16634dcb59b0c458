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

const create = (raw: Json) => hook.create(hook.parse(raw), fakeScope());

/** On "a server" that is this machine. Gives what the hook told. */
async function reload(raw: Json, variables: Readonly<Record<string, string>> = {}): Promise<string> {
  const { command, said } = localCommands(tmpdir(), variables);
  await create(raw).run(fakeHookContext({ command }));
  return said.join('');
}

async function folder(files: Readonly<Record<string, string>>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'cutover-nginx-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  for (const [name, content] of Object.entries(files))
    await writeFile(join(directory, name), content, { mode: 0o755 });
  return directory;
}

const pidFile = async (pid: number) => join(await folder({ 'nginx.pid': `${pid}\n` }), 'nginx.pid');
const nginx = (reload: 'spawn' | 'both' | 'drain' | 'nothing') =>
  startDaemon({ title: 'nginx: master process /usr/sbin/nginx', signal: 'HUP', reload });

test('a configuration that is right is put to work by new workers', async () => {
  await using master = await nginx('spawn');
  const raw = { pidFile: await pidFile(master.pid), test: ['echo', "it's", 'fine'] };
  expect(await reload(raw)).toBe(`it's fine\nok: nginx (process ${master.pid}) is reloaded\n`);
});

test('by default nginx itself says whether it is', async () => {
  await using master = await nginx('spawn');
  const bin = await folder({ nginx: '#!/bin/sh\necho "nginx $* is ok"\n' });
  expect(await reload({ pidFile: await pidFile(master.pid) }, { PATH: `${bin}:${process.env.PATH}` })).toBe(
    `nginx -t is ok\nok: nginx (process ${master.pid}) is reloaded\n`,
  );
});

test('one that is wrong is not put to work', async () => {
  await using master = await nginx('spawn');
  const raw = { pidFile: await pidFile(master.pid), test: ['sh', '-c', 'echo unknown directive; exit 1'] };
  await expect(reload(raw)).rejects.toMatchObject({
    code: 'E_COMMAND',
    message: expect.stringContaining('unknown directive'),
  });
  const { command, asked } = localCommands(tmpdir());
  await create(raw)
    .run(fakeHookContext({ command }))
    .catch(() => {});
  expect(asked).toHaveLength(1);
});

test('workers that go on as before are told: nginx says nothing of it to whoever sent the signal', async () => {
  await using master = await nginx('nothing');
  const raw = { pidFile: await pidFile(master.pid), test: false, timeout: '1s' };
  await expect(reload(raw)).rejects.toMatchObject({
    code: 'E_HOOK',
    message: 'nginx was not reloaded within 1 s: no new workers have begun; its error log says why.',
  });
});

test('old workers that finish their requests are not waited for; those that take new ones are', async () => {
  await using draining = await nginx('drain');
  expect(await reload({ pidFile: await pidFile(draining.pid), test: false })).toContain('is reloaded');
  await using both = await nginx('both');
  const raw = { pidFile: await pidFile(both.pid), test: false, timeout: '1s' };
  await expect(reload(raw)).rejects.toThrow('not reloaded within 1 s: old workers still take requests.');
});

test('a configured command reloads it instead; when it fails that is told', async () => {
  await using master = await nginx('spawn');
  const file = await pidFile(master.pid);
  const by = (text: string) => ({ pidFile: file, test: false, command: ['sh', '-c', text] });
  expect(await reload(by(`kill -HUP ${master.pid}`))).toContain('is reloaded');
  await expect(reload(by('exit 5'))).rejects.toThrow('`sh -c exit 5` ended with status 5.');
});

test('where no commands can be run it says so', async () => {
  await expect(create({}).run(fakeHookContext())).rejects.toMatchObject({ code: 'E_CAPABILITY' });
});

test('its deadline leaves time to look, and a resumed one reloads once more', () => {
  expect(create({ timeout: '1m' })).toMatchObject({ interrupted: 'again', deadlineMs: 120_000 });
});

test.each([[{ test: true }], [{ test: [] }], [{ pidFile: 'x' }], [{ command: 'reload' }], [{ config: 'x' }]])(
  '%j is refused',
  (raw) => {
    expect(() => hook.parse(raw)).toThrow(expect.objectContaining({ issues: [expect.anything()] }));
  },
);
