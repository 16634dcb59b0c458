import { setTimeout as delay } from 'node:timers/promises';
import type { ServerChannel } from 'ssh2';
import { expect, test } from 'vitest';
import type { Connection, ExecRequest, ExecResult } from '../../core/contract/index.ts';
import { makeUser } from './testing/client.ts';
import { startTestServer, type TestServer, type TestServerOptions } from './testing/server.ts';

const never = new AbortController().signal;
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();
const sh = (script: string) => ['sh', '-c', script];

test('arguments arrive as they are', async () => {
  await using link = await connect();
  const words = ["it's", '$(id)', 'a b', '', '-rf', '*', 'ü\n', '"', '`x`', '\\'];
  const result = await link.run({ argv: ['printf', '[%s]', ...words] });
  expect(result.exit).toEqual({ type: 'code', code: 0 });
  expect(text(result.stdout)).toBe(words.map((word) => `[${word}]`).join(''));
});

test('exit code, signal and both streams are told', async () => {
  await using link = await connect();
  const failed = await link.run({ argv: sh('echo out; echo err >&2; exit 3') });
  expect(failed.exit).toEqual({ type: 'code', code: 3 });
  expect([text(failed.stdout), text(failed.stderr)]).toEqual(['out\n', 'err\n']);
});

test('a command ended by a signal names it', async () => {
  await using link = await connect({
    onExec: (_, accept) => {
      const channel = accept();
      channel.exit('KILL');
      channel.end();
    },
  });
  expect((await link.run({ argv: ['x'] })).exit).toEqual({ type: 'signal', signal: 'SIGKILL' });
});

test('a script of 3 MB and a stream go in, slowly where the other side is slow; without input there is none', async () => {
  await using link = await connect();
  const script = `${'# a comment that fills the window\n'.repeat(100_000)}echo ran\n`;
  expect(text((await link.run({ argv: ['sh', '-s'], stdin: script })).stdout)).toBe('ran\n');
  async function* chunks() {
    for (let index = 0; index < 100; index++) yield Buffer.alloc(100_000, index);
  }
  const slow = await link.run({ argv: sh('sleep 0.2; wc -c'), stdin: chunks() });
  expect(text(slow.stdout).trim()).toBe('10000000');
  expect(text((await link.run({ argv: ['wc', '-c'] })).stdout).trim()).toBe('0');
});

test('much output on either stream stops nothing, and only its end is kept', async () => {
  await using link = await connect();
  let seenBytes = 0;
  const onStdout = (chunk: Uint8Array) => {
    seenBytes += chunk.length;
  };
  const argv = sh('head -c 8000000 /dev/zero >&2; head -c 8000000 /dev/zero; echo end');
  const { stdout, stderr } = await link.run({ argv, onStdout, keepBytes: 50 });
  expect(seenBytes).toBe(8_000_004);
  expect([stdout.length, stderr.length]).toEqual([50, 50]);
  expect(text(stdout).endsWith('end\n')).toBe(true);
  expect((await link.run({ argv: sh('head -c 100000 /dev/zero') })).stdout.length).toBe(65_536);
});

test('a NUL byte never leaves', async () => {
  await using link = await connect();
  await expect(link.run({ argv: ['echo', 'a\0b'] })).rejects.toMatchObject({ code: 'E_USAGE' });
  await expect(link.run({ argv: [] })).rejects.toMatchObject({ code: 'E_USAGE' });
  expect(text((await link.run({ argv: ['echo', 'alive'] })).stdout)).toBe('alive\n');
});

test('a channel that closes without an exit status is unknown, not success', async () => {
  await using link = await connect({ onExec: (_, accept) => accept().end('half') });
  const { exit, stdout } = await link.run({ argv: ['deploy'] });
  expect(exit).toEqual({ type: 'unknown', reason: 'the channel closed without an exit status' });
  expect(text(stdout)).toBe('half');
});

test('a link that breaks makes it unknown, and keeps what was said', async () => {
  await using link = await connect();
  const { exit, stdout } = await link.run({
    argv: sh('echo started; sleep 600'),
    onStdout: () => link.server.cut(),
  });
  expect(exit).toEqual({ type: 'unknown', reason: expect.stringMatching(/closed|reset/) });
  expect(text(stdout)).toBe('started\n');
});

test('closing the connection does not leave a command waiting', async () => {
  await using link = await connect();
  const running = link.run({
    argv: sh('echo started; sleep 600'),
    onStdout: () => void link.connection.close(),
  });
  expect((await running).exit).toEqual({
    type: 'unknown',
    reason: 'the connection was closed while the command ran',
  });
});

test('an exit status counts although a child in the background keeps the channel open', async () => {
  await using link = await connect({
    onExec: (_, accept) => {
      const channel = accept();
      channel.write('done\n');
      channel.exit(0);
    },
  });
  const { exit, stdout } = await link.run({ argv: ['start-daemon'] });
  expect(exit).toEqual({ type: 'code', code: 0 });
  expect(text(stdout)).toBe('done\n');
});

test('the signal closes the channel, and rejects', async () => {
  const closed = Promise.withResolvers<void>();
  await using link = await connect({
    onExec: (_, accept) => {
      const channel = accept();
      channel.write('started');
      channel.on('close', closed.resolve).resume();
    },
  });
  const stop = new AbortController();
  const running = link.run({
    argv: ['x'],
    signal: stop.signal,
    onStdout: () => stop.abort(new Error('enough')),
  });
  await expect(running).rejects.toThrow('enough');
  await closed.promise;
  await expect(link.run({ argv: ['x'], signal: stop.signal })).rejects.toThrow('enough');
});

test('input that cannot be read closes the channel, and is the error', async () => {
  let got = '';
  const closed = Promise.withResolvers<void>();
  await using link = await connect({
    onExec: (_, accept) => {
      const channel = accept();
      channel.on('data', (chunk: Buffer) => {
        got += chunk;
      });
      channel.on('close', closed.resolve);
    },
  });
  async function* torn() {
    yield Buffer.from('half');
    throw new Error('the file has changed');
  }
  await expect(link.run({ argv: ['sh', '-s'], stdin: torn() })).rejects.toThrow('the file has changed');
  await closed.promise;
  expect(got).toBe('half');
});

test('a link that breaks before the server has said yes leaves open whether the command runs', async () => {
  await using link = await connect({ onExec: () => link.server.cut() });
  expect((await link.run({ argv: ['deploy'] })).exit).toEqual({
    type: 'unknown',
    reason: expect.stringContaining('Could not start a command: '),
  });
  await expect(link.run({ argv: ['deploy'] })).rejects.toMatchObject({ code: 'E_UNREACHABLE' });
});

test('the signal is heard while the server takes its time to say yes', async () => {
  const stop = new AbortController();
  await using link = await connect({ onExec: () => stop.abort(new Error('enough')) });
  await expect(link.run({ argv: ['deploy'], signal: stop.signal })).rejects.toThrow('enough');
});

test('a command that the server refuses to start is an error, not an exit', async () => {
  await using link = await connect({ onExec: (_command, _accept, reject) => reject() });
  await expect(link.run({ argv: ['true'] })).rejects.toMatchObject({ code: 'E_CAPABILITY' });
});

test.each([10, 1])('fifteen commands at once on a server that allows %i channels', async (maxSessions) => {
  let running = 0;
  let most = 0;
  const onExec = async (command: string, accept: () => ServerChannel) => {
    const channel = accept();
    most = Math.max(most, ++running);
    await delay(20);
    running--;
    channel.write(command);
    channel.exit(0);
    channel.end();
  };
  await using link = await connect({ maxSessions, onExec });
  const results = await Promise.all(
    Array.from({ length: 15 }, (_, index) => link.run({ argv: ['echo', String(index)] })),
  );
  expect(results.map(({ stdout }) => text(stdout))).toEqual(
    Array.from({ length: 15 }, (_, index) => `echo ${index}`),
  );
  expect(most).toBe(Math.min(8, maxSessions));
});

interface Linked extends AsyncDisposable {
  readonly server: TestServer;
  readonly connection: Connection;
  readonly run: (request: Omit<ExecRequest, 'signal'> & Partial<ExecRequest>) => Promise<ExecResult>;
}

async function connect(options: TestServerOptions = {}): Promise<Linked> {
  const server = await startTestServer(options);
  const user = await makeUser();
  await user.trust(server);
  const connection = await user.connectTo(server);
  const { exec } = connection;
  if (exec === undefined) throw new Error('The connection cannot run commands.');
  return {
    server,
    connection,
    run: (request) => exec({ signal: never, ...request }),
    [Symbol.asyncDispose]: async () => {
      await user[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}
