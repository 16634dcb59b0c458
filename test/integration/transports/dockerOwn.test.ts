import { execFileSync } from 'node:child_process';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Connection, Json } from '../../../src/core/contract/index.ts';
import { transport } from '../../../src/plugins/docker/transport.ts';
import { fakeScope } from '../../../src/plugins/testing/scope.ts';
import { never, output, text } from '../ssh2/support.ts';
import { scratch } from '../support/scratch.ts';
import { type SshServer, startServer } from '../support/sshServer.ts';

const servers: SshServer[] = [];
beforeAll(async () => {
  for (const image of ['openssh', 'busybox'] as const) servers.push(await startServer({ image }));
});
afterAll(() => Promise.all(servers.map((server) => server.stop())));

type Options = { readonly [name: string]: Json };

async function connect(to: SshServer, more: Options = {}): Promise<Connection & AsyncDisposable> {
  const scope = fakeScope();
  const options = { container: to.container.getId(), user: 'deploy', ...more };
  const connection = await transport.create(transport.parse(options), scope).connect(scope);
  return { ...connection, [Symbol.asyncDispose]: () => connection.close() };
}

const sh = (script: string) => ['sh', '-c', script];

test('no shell reads the words, nor takes one for a command of its own; the user is who was asked for', async () => {
  for (const server of servers) {
    await using link = await connect(server);
    const words = ["it's", '$(id)', 'a b', '', '-rf', '*', 'ü\n', '"', '`x`', '\\'];
    expect(await output(link, ['printf', '[%s]', ...words])).toBe(words.map((word) => `[${word}]`).join(''));
    const builtin = await link.exec?.({ argv: ['exit', '0'], signal: never });
    expect(builtin?.exit).toEqual({ type: 'code', code: 127 });
    expect(await output(link, ['id', '-un'])).toBe('deploy\n');
  }
});

test.each([0, 1])(
  'the signal ends the command in the container, with its children (image %i)',
  async (index) => {
    const server = servers[index]!;
    await using link = await connect(server);
    const stop = new AbortController();
    const running = link.exec?.({
      argv: sh('trap "" TERM; sleep 7654 & echo up; wait; sleep 7655'),
      signal: stop.signal,
      onStdout: () => stop.abort(new Error('enough')),
    });
    await expect(running).rejects.toThrow('enough');
    await link.close();
    const { stdout } = await server.exec(['sh', '-c', 'cat /proc/[0-9]*/cmdline | tr "\\0" " "']);
    expect(stdout).not.toContain('sleep 765');
  },
);

test('a container that stops is no exit status, and says so', async () => {
  await using own = await startServer({ image: 'openssh' });
  await using link = await connect(own);
  const stop = () => execFileSync('docker', ['kill', own.container.getId()]);
  const cut = await link.exec?.({ argv: sh('echo up; sleep 60'), signal: never, onStdout: stop });
  expect(cut?.exit).toEqual({ type: 'unknown', reason: 'the container has stopped' });
  expect(text(cut?.stdout)).toBe('up\n');
  expect(await link.closed).toBe('the container has stopped');
  await expect(link.exec?.({ argv: ['true'], signal: never })).rejects.toMatchObject({
    code: 'E_UNREACHABLE',
  });
  expect(await failing(own, {})).toMatchObject({
    code: 'E_UNREACHABLE',
    hint: expect.stringContaining('docker start'),
  });
});

test('a container that is paused is given up, and told when it is met', async () => {
  await using own = await startServer({ image: 'openssh' });
  await using link = await connect(own, { keepaliveInterval: '300ms', keepaliveCountMax: 2 });
  execFileSync('docker', ['pause', own.container.getId()]);
  expect(await link.closed).toBe('the container no longer answers');
  expect(await failing(own, {})).toMatchObject({ hint: expect.stringContaining('docker unpause') });
  execFileSync('docker', ['unpause', own.container.getId()]);
});

test('what it cannot do is told with what to do', async () => {
  const server = servers[0]!;
  await using bin = await scratch();
  const denied = join(bin.path, 'docker');
  const said =
    'permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock';
  await writeFile(denied, `#!/bin/sh\necho ${JSON.stringify(said)} >&2\nexit 1\n`);
  await chmod(denied, 0o700);
  const table: readonly (readonly [Options, object])[] = [
    [{ container: 'no-such' }, { code: 'E_UNREACHABLE', hint: expect.stringContaining('docker ps --all') }],
    [{ host: 'tcp://127.0.0.1:1' }, { code: 'E_UNREACHABLE', hint: expect.stringContaining('docker info') }],
    [{ user: 'nobody-here' }, { code: 'E_CONFIG', hint: expect.stringContaining('nobody-here') }],
    [{ program: 'no-such-docker' }, { code: 'E_CAPABILITY', hint: expect.stringContaining('program') }],
    [{ program: denied }, { code: 'E_AUTHENTICATION', hint: expect.stringContaining('group') }],
  ];
  for (const [more, told] of table) expect(await failing(server, more)).toMatchObject(told);
});

async function failing(to: SshServer, more: Options) {
  return connect(to, more).then(
    () => 'in',
    ({ code, message, hint }) => ({ code, message, hint }),
  );
}
