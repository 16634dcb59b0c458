import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import type { Connection, Json } from '../../../src/core/contract/index.ts';
import { transport } from '../../../src/plugins/openssh/transport.ts';
import { fakeScope } from '../../../src/plugins/testing/scope.ts';
import { never, output, pieces, text } from '../ssh2/support.ts';
import { startProxy } from '../support/proxy.ts';
import { scratch } from '../support/scratch.ts';
import { type SshServer, startServer } from '../support/sshServer.ts';

let server: SshServer;
beforeAll(async () => {
  server = await startServer({ image: 'openssh' });
});
afterAll(() => server?.stop());

type Options = { readonly [name: string]: Json };

/** Nothing of the configuration of whoever runs the test. */
function byKey(to: SshServer, more: Options = {}): Options {
  return {
    host: to.host,
    port: to.port,
    user: to.user,
    identityFile: to.privateKeyPath,
    identitiesOnly: true,
    knownHostsFile: to.knownHostsPath,
    configFile: 'none',
    ...more,
  };
}

async function connect(options: Options, scope = fakeScope()): Promise<Connection & AsyncDisposable> {
  const connection = await transport.create(transport.parse(options), scope).connect(scope);
  return { ...connection, [Symbol.asyncDispose]: () => connection.close() };
}

const sh = (script: string) => ['sh', '-c', script];

test('arguments arrive as they are, exit codes and both streams are told', async () => {
  await using link = await connect(byKey(server));
  const words = ["it's", '$(id)', 'a b', '', '-rf', '*', 'ü\n', '"', '`x`', '\\'];
  expect(await output(link, ['printf', '[%s]', ...words])).toBe(words.map((word) => `[${word}]`).join(''));
  const failed = await link.exec?.({ argv: sh('echo out; echo err >&2; exit 3'), signal: never });
  expect(failed?.exit).toEqual({ type: 'code', code: 3 });
  expect([text(failed?.stdout), text(failed?.stderr)]).toEqual(['out\n', 'err\n']);
  await link.close();
  expect(await link.closed).toBeNull();
});

test('exit status 255 is a code, a signal is a signal, and neither is a link that broke', async () => {
  await using link = await connect(byKey(server));
  const own = await link.exec?.({ argv: sh('exit 255'), signal: never });
  expect(own?.exit).toEqual({ type: 'code', code: 255 });
  const killed = await link.exec?.({ argv: sh('kill -9 $$'), signal: never });
  expect(killed?.exit).toEqual({ type: 'signal', signal: 'SIGKILL' });
});

test('much goes in and comes out, slowly where the other side is slow', async () => {
  await using link = await connect(byKey(server));
  const script = `${'# a comment that fills the window\n'.repeat(100_000)}echo ran\n`;
  expect(await output(link, ['sh', '-s'], script)).toBe('ran\n');
  const slow = await link.exec?.({ argv: sh('sleep 0.2; sha256sum'), stdin: pieces(100), signal: never });
  const { createHash } = await import('node:crypto');
  const hash = createHash('sha256');
  for await (const piece of pieces(100)) hash.update(piece);
  expect(text(slow?.stdout)).toBe(`${hash.digest('hex')}  -\n`);
  expect(await output(link, ['wc', '-c'])).toBe('0\n');
  let seenBytes = 0;
  const big = await link.exec?.({
    argv: sh('head -c 20000000 /dev/zero >&2; head -c 20000000 /dev/zero; echo end'),
    signal: never,
    keepBytes: 50,
    onStdout: (chunk) => {
      seenBytes += chunk.length;
    },
  });
  expect(seenBytes).toBe(20_000_004);
  expect(text(big?.stdout).endsWith('end\n')).toBe(true);
});

test('15 at once, and on a server that allows one session', async () => {
  await using narrow = await startServer({ image: 'openssh', sshd: ['MaxSessions=1'] });
  for (const each of [server, narrow]) {
    await using link = await connect(byKey(each));
    const all = Array.from({ length: 15 }, (_, index) => output(link, ['echo', String(index)]));
    expect(await Promise.all(all)).toEqual(all.map((_, index) => `${index}\n`));
  }
});

test('the signal ends the command on the server, also where only one session is allowed', async () => {
  await using narrow = await startServer({ image: 'openssh', sshd: ['MaxSessions=1'] });
  await using link = await connect(byKey(narrow));
  const stop = new AbortController();
  const running = link.exec?.({
    argv: sh('echo up; sleep 4321'),
    signal: stop.signal,
    onStdout: () => stop.abort(new Error('enough')),
  });
  await expect(running).rejects.toThrow('enough');
  await expect
    .poll(async () => (await narrow.exec(['pgrep', '-f', 'sleep 4321'])).exitCode, { timeout: 10_000 })
    .toBe(1);
  expect(await output(link, ['echo', 'still here'])).toBe('still here\n');
});

test('a session that the server ends is unknown, and so is a link that breaks, which says why', async () => {
  await using proxy = await startProxy({ port: server.port });
  await using user = await scratch();
  const known = join(user.path, 'known_hosts');
  await writeFile(
    known,
    server.hostKeys.map(({ type, base64 }) => `[127.0.0.1]:${proxy.port} ${type} ${base64}\n`),
  );
  await using link = await connect(byKey(server, { port: proxy.port, knownHostsFile: known }));
  const cut = await link.exec?.({
    argv: sh('echo up; sleep 60'),
    signal: never,
    onStdout: () => proxy.cutNow('reset'),
  });
  expect(cut?.exit).toMatchObject({ type: 'unknown', reason: expect.stringMatching(/reset|closed|cut/) });
  expect(text(cut?.stdout)).toBe('up\n');
  expect(await link.closed).toMatch(/reset|closed|cut/);
  await expect(link.exec?.({ argv: ['true'], signal: never })).rejects.toMatchObject({
    code: 'E_UNREACHABLE',
  });
});

test('a frozen server is noticed', async () => {
  await using own = await startServer({ image: 'openssh' });
  await using link = await connect(byKey(own, { keepaliveInterval: '1s', keepaliveCountMax: 1 }));
  execFileSync('docker', ['pause', own.container.getId()]);
  expect(await link.closed).toBe('the server no longer answers');
  execFileSync('docker', ['unpause', own.container.getId()]);
});

test('what it cannot do is told with what to do', async () => {
  const failing = async (more: Options) =>
    connect(byKey(server, more)).then(
      () => 'in',
      ({ code, message, hint }) => ({ code, message, hint }),
    );
  expect(await failing({ port: 1 })).toMatchObject({
    code: 'E_UNREACHABLE',
    message: 'Could not connect to 127.0.0.1: nothing listens there (connection refused).',
  });
  expect(await failing({ host: 'no-such-host.invalid' })).toMatchObject({
    code: 'E_UNREACHABLE',
    message: expect.stringContaining('name'),
  });
  expect(await failing({ user: 'nobody' })).toMatchObject({
    code: 'E_AUTHENTICATION',
    message: expect.stringContaining('Permission denied (publickey'),
    hint: expect.stringContaining('ssh-add'),
  });
  expect(await failing({ knownHostsFile: '/dev/null' })).toMatchObject({
    code: 'E_HOST_KEY',
    hint: expect.stringContaining('compare the fingerprint'),
  });
  await using user = await scratch();
  const changed = join(user.path, 'known_hosts');
  const other = execFileSync('sh', [
    '-c',
    'ssh-keygen -q -t ed25519 -N "" -f "$1/k" && cut -d" " -f1,2 "$1/k.pub"',
    'sh',
    user.path,
  ]);
  await writeFile(changed, `[${server.host}]:${server.port} ${other}`);
  expect(await failing({ knownHostsFile: changed })).toMatchObject({
    code: 'E_HOST_KEY',
    hint: expect.stringMatching(/SHA256:.* from line 1 of .*known_hosts/),
  });
  expect(await failing({ sshOptions: ['NoSuchThing=1'] })).toMatchObject({ code: 'E_CONFIG' });
  expect(await failing({ program: 'no-such-ssh' })).toMatchObject({ code: 'E_CAPABILITY' });
});

test('a user certificate that an authority signed lets in, where the server knows no key', async () => {
  await using own = await startServer({ image: 'openssh', sshd: ['TrustedUserCAKeys=/etc/ssh/ca.pub'] });
  await using user = await scratch();
  const run = (script: string) => execFileSync('sh', ['-c', script], { cwd: user.path });
  run('ssh-keygen -q -t ed25519 -N "" -f ca && ssh-keygen -q -t ed25519 -N "" -f id');
  const identityFile = join(user.path, 'id');
  await own.container.copyFilesToContainer([
    { source: join(user.path, 'ca.pub'), target: '/etc/ssh/ca.pub' },
  ]);
  await expect(connect(byKey(own, { identityFile }))).rejects.toMatchObject({ code: 'E_AUTHENTICATION' });
  run('ssh-keygen -q -s ca -I test -n deploy id.pub');
  await using link = await connect(byKey(own, { identityFile }));
  expect(await output(link, ['whoami'])).toBe('deploy\n');
});

test('any ProxyCommand is a way, from options or from ssh_config', async () => {
  await using user = await scratch();
  const way = join(user.path, 'way');
  await writeFile(
    way,
    `#!${process.execPath}
const socket = require('node:net').connect(Number(process.argv[2]), '127.0.0.1');
process.stdin.pipe(socket).pipe(process.stdout);
`,
  );
  await chmod(way, 0o700);
  const hidden = { host: 'hidden.example', port: 2222, knownHostsFile: server.knownHostsPath };
  const alias = `HostKeyAlias=[${server.host}]:${server.port}`;
  const command = `ProxyCommand=${way} ${server.port}`;
  await using first = await connect(byKey(server, { ...hidden, sshOptions: [command, alias] }));
  expect(await output(first, ['whoami'])).toBe('deploy\n');
  const configFile = join(user.path, 'config');
  await writeFile(
    configFile,
    `Host hidden.example\n${command.replace('=', ' ')}\n${alias.replace('=', ' ')}\n`,
  );
  await using second = await connect(byKey(server, { ...hidden, configFile }));
  expect(await output(second, ['whoami'])).toBe('deploy\n');
});

test('what ssh asks the user to do is told at once, and a password is asked for by nobody', async () => {
  await using user = await scratch();
  const program = join(user.path, 'ssh');
  await writeFile(
    program,
    `#!/bin/sh
SSH_ASKPASS_PROMPT=none "$SSH_ASKPASS" "Confirm user presence for key ED25519-SK"
exec ssh "$@"
`,
  );
  await chmod(program, 0o700);
  const scope = fakeScope();
  await using link = await connect(byKey(server, { program }), scope);
  expect(scope.lines).toEqual([`${server.host}: Confirm user presence for key ED25519-SK`]);
  expect(await output(link, ['true'])).toBe('');
  const locked = join(user.path, 'locked');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', 'secret', '-f', locked]);
  await expect(connect(byKey(server, { identityFile: locked }))).rejects.toMatchObject({
    code: 'E_AUTHENTICATION',
  });
});

test('what a ProxyCommand has left in the background holds up no end', async () => {
  await using user = await scratch();
  const way = join(user.path, 'way');
  await writeFile(
    way,
    `#!/bin/sh
setsid sleep 30 &
echo $! >${join(user.path, 'pid')}
exec ${process.execPath} -e 'const socket = require("node:net").connect(${server.port}, "127.0.0.1"); process.stdin.pipe(socket).pipe(process.stdout)'
`,
  );
  await chmod(way, 0o700);
  const link = await connect(byKey(server, { sshOptions: [`ProxyCommand=${way}`] }));
  await link.close();
  expect(await link.closed).toBeNull();
  const pid = Number(execFileSync('cat', [join(user.path, 'pid')], { encoding: 'utf8' }));
  // It is still there: so it has not been waited for.
  process.kill(pid);
});

test('nothing is left behind by one that closes, one that fails, or a process that is killed', async () => {
  // Of its own: other tests have connections at the same time.
  await using own = await scratch();
  vi.stubEnv('TMPDIR', own.path);
  onTestFinished(() => void vi.unstubAllEnvs());
  const link = await connect(byKey(server));
  expect(readdirSync(own.path)).toHaveLength(1);
  await link.close();
  await connect(byKey(server, { user: 'nobody' })).catch(() => {});
  expect(readdirSync(own.path)).toEqual([]);
  const { execa } = await import('execa');
  const file = new URL('../../../src/plugins/openssh/transport.ts', import.meta.url).pathname;
  const script = `
    const { transport } = await import(${JSON.stringify(file)});
    const scope = { signal: new AbortController().signal, log: () => {}, resolvePath: (path) => path };
    const link = await transport.create(transport.parse(${JSON.stringify(byKey(server))}), scope).connect(scope);
    process.stdout.write('in\\n');
    await link.exec({ argv: ['sleep', '60'], signal: scope.signal });
  `;
  const deployer = execa(process.execPath, ['--input-type=module', '-e', script], { reject: false });
  await once(deployer.stdout, 'data');
  expect(readdirSync(own.path)).toHaveLength(1);
  deployer.kill('SIGKILL');
  await deployer;
  await expect.poll(() => readdirSync(own.path), { timeout: 30_000 }).toEqual([]);
  expect(execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })).not.toContain(`-p ${server.port}`);
});
