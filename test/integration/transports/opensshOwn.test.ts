import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { never, output, pieces, text } from '../ssh2/support.ts';
import { startProxy } from '../support/proxy.ts';
import { scratch } from '../support/scratch.ts';
import { type SshServer, startServer } from '../support/sshServer.ts';
import { byKey, connect } from './opensshLink.ts';

let server: SshServer;
beforeAll(async () => {
  server = await startServer({ image: 'openssh' });
});
afterAll(() => server?.stop());

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
