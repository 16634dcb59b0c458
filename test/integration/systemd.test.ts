import { afterAll, beforeAll, expect, test } from 'vitest';
import { CutoverError, type HookContext, type Json } from '../../src/core/contract/index.ts';
import { hook } from '../../src/plugins/systemd/hook.ts';
import { fakeHookContext } from '../../src/plugins/testing/deployment.ts';
import { fakeScope } from '../../src/plugins/testing/scope.ts';
import { answers, answersDuring, comesBack, goesThere, installFor, openExample } from './support/example.ts';
import { inContainer } from './support/remoteTree.ts';
import { type SshServer, startServer } from './support/sshServer.ts';

/** A server where systemd is the first process, and runs units of its own and of the user who deploys. */
let server: SshServer;

beforeAll(async () => {
  server = await startServer({ image: 'systemd' });
  await inContainer(server, [...OF_DEPLOY, 'mkdir', '-p', UNITS]);
});
afterAll(() => server?.stop());

const UNITS = '/home/deploy/.config/systemd/user';
const OF_DEPLOY = ['runuser', '-u', 'deploy', '--', 'env', 'XDG_RUNTIME_DIR=/run/user/1000'];
const systemctl = (...words: readonly string[]) =>
  inContainer(server, [...OF_DEPLOY, 'systemctl', '--user', ...words]);

const put = (path: string, content: string) =>
  server.container.copyContentToContainer([{ content, target: path }]);

/** A service that says so, and then runs or crashes, as its file tells when it is started. */
const service = (more = '', unit = '') => `[Unit]
${unit}
[Service]
ExecStart=/bin/sh -c 'echo I begin; exec sh /srv/app/deed'
${more}
`;
const RUN = 'exec sleep infinity';
const CRASH = 'echo I cannot >&2; exit 3';

async function unit(name: string, content: string, deed: string): Promise<void> {
  await put('/srv/app/deed', deed);
  await put(`${UNITS}/${name}`, content);
  await systemctl('daemon-reload');
}

/** Runs the hook as a user, in a session that nothing is known of, and gives all that was told. */
async function run(raw: Json, user = 'deploy'): Promise<{ failure: string | null; said: string }> {
  let said = '';
  const command: NonNullable<HookContext['command']> = async ({ argv }) => {
    const { exitCode, stdout, stderr } = await server.exec(['env', '-u', 'XDG_RUNTIME_DIR', ...argv], {
      user,
    });
    said = stdout + stderr;
    if (exitCode !== 0) throw new CutoverError('E_COMMAND', `It ended with ${exitCode}: ${said}`);
    return stdout;
  };
  const failure = await hook
    .create(hook.parse(raw), fakeScope())
    .run(fakeHookContext({ command }))
    .then(
      () => null,
      (error: Error) => error.message,
    );
  return { failure, said };
}

test('a unit that systemd refuses to start, because it crashed too often, is started once it is mended', async () => {
  await unit('often.service', service('Restart=on-failure'), CRASH);
  const crashed = await run({ unit: 'often.service', stable: '1s', timeout: '30s' });
  expect(crashed.failure).toBe('often.service is failed (failed, result exit-code) after restart.');
  expect(crashed.said).toMatch(
    /The end of the journal of often\.service:\n[\s\S]*: I begin\n[\s\S]*: I cannot\n/,
  );

  await put('/srv/app/deed', RUN);
  expect(await run({ unit: 'often', stable: '1s' })).toEqual({ failure: null, said: 'ok: active: often\n' });
});

test('deployments that follow each other closely may each restart it', async () => {
  await unit('close.service', service('', 'StartLimitIntervalSec=10min\nStartLimitBurst=2'), RUN);
  const failures: (string | null)[] = [];
  for (let time = 0; time < 3; time++)
    failures.push((await run({ unit: 'close.service', stable: '1s' })).failure);
  expect(failures).toEqual([null, null, null]);
});

test('one that is not ready when it ends is told by systemd itself', async () => {
  await unit('ready.service', service('Type=notify'), CRASH);
  const { failure, said } = await run({ unit: 'ready.service' });
  expect(failure).toBe('systemctl restart ready.service ended with status 1.');
  expect(said).toContain(': I cannot\n');
});

test('a reload is done by the unit itself; one that cannot be reloaded says so', async () => {
  await unit('gentle.service', service('ExecReload=/bin/kill -CONT $MAINPID'), RUN);
  await systemctl('start', 'gentle.service');
  const before = await systemctl('show', '--property=InvocationID', 'gentle.service');
  expect(await run({ unit: 'gentle.service', do: 'reload', stable: '1s' })).toMatchObject({ failure: null });
  expect(await systemctl('show', '--property=InvocationID', 'gentle.service')).toBe(before);

  await unit('gentle.service', service(), RUN);
  const { failure, said } = await run({ unit: 'gentle.service', do: 'reload' });
  expect(failure).toMatch(/^systemctl reload gentle\.service ended with status \d\.$/);
  expect(said).toContain('is not applicable');
});

test('of a unit of the system the journal is shown by sudo, where the user may not read it', async () => {
  await put('/srv/app/deed', CRASH);
  await put('/etc/systemd/system/app.service', service());
  await inContainer(server, ['systemctl', 'daemon-reload']);
  const sudo = { unit: 'app.service', sudo: true, stable: '1s' };
  const unreadable = await run(sudo);
  expect(unreadable.failure).toBe('app.service is failed (failed, result exit-code) after restart.');
  expect(unreadable.said).toContain('deploy may read none of it: the group systemd-journal may');

  await put(
    '/etc/sudoers.d/journal',
    'deploy ALL=(root) NOPASSWD: /usr/bin/journalctl --unit=app.service *\n',
  );
  expect((await run(sudo)).said).toContain(': I cannot\n');

  await put('/srv/app/deed', RUN);
  expect(await run(sudo)).toMatchObject({ failure: null });
});

test('a user for whom systemd runs nothing is told what lets it; nobody knows a unit that is not there', async () => {
  expect((await run({ unit: 'app.service' }, 'nobody')).failure).toContain('`loginctl enable-linger nobody`');
  expect((await run({ unit: 'no.service' })).failure).toBe('systemd knows no unit no.service.');
});

const EXAMPLE = { port: 3000, version: 'version.js' };

test('node-systemd: no request fails, there, in a release that does not start, and back', {
  timeout: 180_000,
}, async () => {
  for (const name of ['api.socket', 'api.service'])
    await installFor(server, 'node-systemd', name, `${UNITS}/${name}`);
  await systemctl('daemon-reload');
  await systemctl('enable', '--now', 'api.socket');

  const example = await openExample(server, 'node-systemd', EXAMPLE);
  await goesThere(example);

  await example.release('version three', { 'server.js': 'throw new Error("I cannot start");\n' });
  const waiting = await answersDuring(example.url, async () => {
    const { exitCode, stderr } = await example.run('deploy');
    expect(exitCode, stderr).toBe(12);
    expect(stderr).toContain('Error: I cannot start');
    expect(stderr).toMatch(
      /api\.service does not stay active after restart: systemd started it anew \d+ times/,
    );
  });
  expect(waiting).toEqual(['version two']);
  expect(await answers(example.url)).toEqual(['version two']);

  await comesBack(example);
});
