import { createHash, randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { quoteAll, type Transport } from '../../contract/index.ts';
import { linkTo, never } from '../../testing/engineHere.ts';
import { type Cuts, faultyTransport } from '../../testing/faultyConnection.ts';
import { type LocalOptions, localTransport } from '../../testing/localConnection.ts';
import { runScript } from './run.ts';
import type { Script } from './script.ts';

const hello: Script = { name: 'greet', body: 'field hello "$1"', args: ['it\'s "me"'] };

const runOn = (transport: Transport, script = hello) =>
  runScript(linkTo(transport), script, { signal: never });

/** As sshd does it: the command line is one text for the shell of the login. */
const loginShell = (shell: string, startUp = ''): LocalOptions => ({
  wrap: (argv) => [shell, '-c', `${startUp}${quoteAll(argv)}`],
});

test.for([
  ['sh', ''],
  ['bash', ''],
  ['bash', 'echo "Welcome to prod"; echo "tty: not a tty" >&2; '],
  ['sh', 'cat /etc/passwd /etc/passwd; '],
] as const)('a login through %s runs our scripts, whatever it prints first: %s', async ([shell, startUp]) => {
  const fields = await runOn(localTransport(loginShell(shell, startUp)));
  expect(fields.one('hello')).toBe('it\'s "me"');
});

test.for([
  ['exits at once with 0', loginShell('bash', 'exit 0; ')],
  ['exits at once with 1', loginShell('bash', 'echo This account is not available >&2; exit 1; ')],
  ['is no shell', { wrap: () => ['true'] }],
  ['only repeats what it is told', { wrap: () => ['cat'] }],
] as const)('a login that %s is told from a script that failed', async ([, options]) => {
  await expect(runOn(localTransport(options))).rejects.toMatchObject({
    code: 'E_CAPABILITY',
    server: 'web1',
    message: expect.stringMatching(/runs no POSIX shell/),
    hint: expect.stringContaining('.bashrc'),
  });
});

test('a connection that runs no commands is refused with what to use instead', async () => {
  const closed = Promise.withResolvers<null>().promise;
  const transport: Transport = {
    address: 'sftp.example.com',
    connect: async () => ({ closed, close: async () => {} }),
  };
  await expect(runOn(transport)).rejects.toMatchObject({
    code: 'E_CAPABILITY',
    message: 'web1 (sftp.example.com) runs no commands.',
  });
});

test.for([
  [{ 1: 'before' }, 2],
  [{ 1: 'after' }, 2],
  [{ 1: 'after', 2: 'before' }, 3],
] as readonly (readonly [Cuts, number])[])(
  'an answer that got lost is asked for again: %j',
  async ([cuts, execs]) => {
    const transport = faultyTransport(localTransport(), cuts);
    expect((await runOn(transport)).one('hello')).toBe('it\'s "me"');
    expect(transport.counts).toEqual({ connects: execs, execs });
  },
);

test('after three times nobody knows', async () => {
  const transport = faultyTransport(localTransport(), () => 'after');
  await expect(runOn(transport)).rejects.toMatchObject({
    code: 'E_UNKNOWN',
    message: expect.stringMatching(/web1: the connection was lost during "greet" \(the line was cut\)/),
  });
  expect(transport.counts).toEqual({ connects: 3, execs: 3 });
});

test('a script that says why it failed is believed, and is not run again', async () => {
  const transport = faultyTransport(localTransport(), {});
  const script = { ...hello, body: 'field a b; fail E_STALE "current leads to $1"' };
  await expect(runOn(transport, script)).rejects.toMatchObject({
    code: 'E_STALE',
    message: 'web1: current leads to it\'s "me"',
    server: 'web1',
  });
  expect(transport.counts.execs).toBe(1);
});

test.for([
  ['echo "tar: broken" >&2; exit 2', 'E_REMOTE', /"greet" ended with exit status 2: tar: broken/],
  ['echo "cp: No space left on device" >&2; exit 1', 'E_DISK_FULL', /No space left/],
  ['echo "mkdir: Disk quota exceeded" >&2; exit 1', 'E_DISK_FULL', /quota/],
  ['kill -9 $$', 'E_REMOTE', /signal SIGKILL/],
  ['exit 0', 'E_REMOTE', /exit status 0/],
  ['exit 97', 'E_REMOTE', /exit status 97/],
] as const)('%s is a failure', async ([body, code, message]) => {
  await expect(runOn(localTransport(), { ...hello, body })).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message),
  });
});

test('a script that takes too long is a timeout, with its name, and one that was stopped is not', async () => {
  const slow = { ...hello, body: 'sleep 600' };
  const run = (signal: AbortSignal, transport: Transport = localTransport()) =>
    runScript(linkTo(transport), slow, { signal });
  await expect(run(AbortSignal.timeout(100))).rejects.toMatchObject({
    code: 'E_TIMEOUT',
    message: expect.stringMatching(/web1: "greet" took too long/),
  });
  const stop = new AbortController();
  const stopped = run(stop.signal);
  stop.abort();
  await expect(stopped).rejects.toMatchObject({ code: 'E_INTERRUPTED' });
  // Also while it waits to try again.
  const between = new AbortController();
  const lost = faultyTransport(localTransport(), () => {
    queueMicrotask(() => setImmediate(() => between.abort()));
    return 'before';
  });
  await expect(run(between.signal, lost)).rejects.toMatchObject({ code: 'E_INTERRUPTED' });
});

test.for(['sh', 'bash'])(
  'through %s data after the script arrives unchanged, also when it is sent again',
  async (shell) => {
    const data = Buffer.concat([
      Buffer.from('\n\\n\'"%b\\0\0\r\n'),
      randomBytes(3_000_000),
      Buffer.from('\n\n'),
    ]);
    async function* upload() {
      for (let at = 0; at < data.length; at += 70_001) yield data.subarray(at, at + 70_001);
    }
    const script: Script = {
      name: 'receive',
      body: 'field first "$1"\nfield sum "$(sha256sum | cut -c 1-64)"',
      args: ['odd: \' " \\ % $(x) `y` !z\n#ü🚀'],
    };
    const transport = faultyTransport(localTransport(loginShell(shell)), { 1: 'after' });
    const fields = await runScript(linkTo(transport), script, { signal: never, upload });
    expect(fields.one('first')).toBe(script.args[0]);
    expect(fields.one('sum')).toBe(createHash('sha256').update(data).digest('hex'));
  },
);

test('an answer of many megabytes is read whole', async () => {
  const script = {
    ...hello,
    body: `printf 'big\\000'; head -c 20000000 /dev/zero | tr '\\0' x; printf '\\000'`,
  };
  expect((await runOn(localTransport(), script)).one('big')).toHaveLength(20_000_000);
});
