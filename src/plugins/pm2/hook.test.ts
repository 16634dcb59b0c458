import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Json } from '../../core/contract/index.ts';
import { localCommands } from '../testing/commands.ts';
import { fakeHookContext } from '../testing/deployment.ts';
import { fakeScope } from '../testing/scope.ts';
import { hook } from './hook.ts';

const create = (raw: Json) => hook.create(hook.parse(raw), fakeScope());

/** Answers as pm2 does: https://pm2.keymetrics.io/docs/usage/pm2-api/. `list.*` are what `jlist` gives, one after the other, the last for ever. */
const PM2 = `#!/bin/sh
echo "$PWD $*" >>"$HERE/calls"
case $1 in
  jlist)
    [ -f "$HERE/broken" ] && exit 1
    echo x >>"$HERE/count"; number=$(wc -l <"$HERE/count")
    [ -f "$HERE/list.$number" ] || number=last
    echo '>>>> In-memory PM2 is out-of-date, do:'
    cat "$HERE/list.$number" ;;
  *) [ ! -f "$HERE/refuses" ] || { echo "[PM2][ERROR] File $2 not found"; exit 1; } ;;
esac
`;

interface Given {
  /** Where the process runs: the live release, unless said otherwise. */
  readonly place?: string;
  readonly status?: string;
  readonly name?: string;
}

async function server() {
  const deploy = await realpath(await mkdtemp(join(tmpdir(), 'cutover-pm2-')));
  const release = join(deploy, 'releases', '2');
  await mkdir(release, { recursive: true });
  await mkdir(join(deploy, 'releases', '1'));
  await symlink('releases/2', join(deploy, 'current'));
  await writeFile(join(deploy, 'pm2'), PM2, { mode: 0o755 });
  const pids: number[] = [];
  onTestFinished(async () => {
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    await rm(deploy, { recursive: true });
  });
  const { command, said, asked } = localCommands(deploy, {
    PATH: `${deploy}:${process.env.PATH}`,
    HERE: deploy,
  });
  const paths = { deploy, release, current: join(deploy, 'current'), shared: join(deploy, 'shared') };
  return {
    deploy,
    said,
    asked,
    calls: async () => (await readFile(join(deploy, 'calls'), 'utf8')).trim().split('\n'),
    put: (name: string, text = '') => writeFile(join(deploy, name), text),
    async process({ place = release, status = 'online', name = 'api' }: Given = {}) {
      const child = spawn('sleep', ['600'], { cwd: place });
      pids.push(child.pid as number);
      const environment = {
        status,
        pm_cwd: join(deploy, 'current'),
        pm_exec_path: `${place}/server.js`,
        SECRET: 's3cret',
      };
      return { name, pid: child.pid, pm2_env: environment };
    },
    list: (number: number | 'last', ...processes: readonly object[]) =>
      writeFile(join(deploy, `list.${number}`), JSON.stringify(processes)),
    reload: (raw: { readonly [key: string]: Json } = {}) =>
      create({ stable: '50ms', timeout: '20s', ...raw }).run(fakeHookContext({ command, paths })),
  };
}

test('pm2 reloads from the deploy path, and what it runs is seen to run in the new release', async () => {
  const at = await server();
  const api = await at.process();
  await at.list('last', api);
  await at.reload();
  expect((await at.calls())[0]).toBe(`${at.deploy} startOrReload current/ecosystem.config.cjs --update-env`);
  expect(at.said.at(-1)).toBe(`ok: online in ${at.deploy}/releases/2: api (process ${api.pid})\n`);
  expect(at.said.join('')).not.toContain('s3cret');
});

test('what pm2 refuses ends it', async () => {
  const at = await server();
  await at.put('refuses');
  await expect(at.reload({ file: 'config/pm2.json' })).rejects.toMatchObject({
    code: 'E_COMMAND',
    message: expect.stringContaining('File current/config/pm2.json not found'),
  });
  expect(at.asked).toHaveLength(1);
});

test('a process that stays in the old release is told, with what cures it', async () => {
  const at = await server();
  const api = await at.process({ place: join(at.deploy, 'releases', '1') });
  await at.list('last', api);
  await expect(at.reload({ timeout: '100ms' })).rejects.toMatchObject({
    code: 'E_HOOK',
    message:
      `api (process ${api.pid}) runs in ${at.deploy}/releases/1 and not in ${at.deploy}/releases/2: ` +
      `\`cwd\` in the ecosystem file should be ${at.deploy}/current.`,
  });
});

test('one that is not online is waited for, and told when it does not come', async () => {
  const at = await server();
  await at.list(1, await at.process({ status: 'launching' }));
  await at.list('last', await at.process());
  await at.reload();
  const other = await server();
  await other.list('last', await other.process({ status: 'errored' }));
  await expect(other.reload({ timeout: '100ms' })).rejects.toThrow(
    'api is errored; `pm2 logs api` says why.',
  );
});

test('one that is started over and over does not count as online', async () => {
  const at = await server();
  for (let number = 1; number < 60; number++) await at.list(number, await at.process());
  await at.list('last', await at.process());
  await expect(at.reload({ stable: '30ms', timeout: '100ms' })).rejects.toThrow('The processes do not stay');
});

test('the processes that have to run may be named', async () => {
  const at = await server();
  await at.list(
    'last',
    await at.process({ place: '/', name: 'elsewhere' }),
    await at.process({ name: 'api' }),
  );
  await at.reload({ apps: 'api' });
  await expect(at.reload({ apps: ['api', 'worker'], timeout: '100ms' })).rejects.toThrow(
    'pm2 has no process named worker.',
  );
});

test('a list without any of ours is told', async () => {
  const at = await server();
  await at.list('last');
  await expect(at.reload({ timeout: '100ms' })).rejects.toThrow(`pm2 runs nothing below ${at.deploy};`);
});

test('a pm2 that cannot be asked, and a list that is none, are told', async () => {
  const at = await server();
  await at.put('broken');
  await expect(at.reload()).rejects.toThrow('pm2 cannot be asked: Command failed: pm2 jlist');
  const other = await server();
  await other.put('list.last', 'Error: connect ECONNREFUSED');
  await expect(other.reload()).rejects.toThrow('`pm2 jlist` gave no list of processes.');
});

test('where no commands can be run it says so', async () => {
  await expect(create({}).run(fakeHookContext())).rejects.toMatchObject({ code: 'E_CAPABILITY' });
});

test('its deadline lets pm2 take its time, and a resumed one reloads once more', () => {
  expect(create({})).toMatchObject({ interrupted: 'again', deadlineMs: 362_000 });
});

test.each([[{ file: '/etc/x' }], [{ file: '../x' }], [{ apps: [] }], [{ pm2: 'pm2' }], [{ reload: true }]])(
  '%j is refused',
  (raw) => {
    expect(() => hook.parse(raw)).toThrow(expect.objectContaining({ issues: [expect.anything()] }));
  },
);
