import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import type { Connection, ExecRequest, ExecResult, Transport } from '../../contract/index.ts';
import { CutoverError } from '../../contract/index.ts';
import { linkTo, never } from '../../testing/engineHere.ts';
import { faultyTransport } from '../../testing/faultyConnection.ts';
import { localTransport } from '../../testing/localConnection.ts';
import { roomFor, type Watched } from '../../testing/roomFor.ts';
import type { Link } from '../link.ts';
import { type RunOptions, runScript } from './run.ts';
import type { Script } from './script.ts';

const scriptOf = (body: string, ...args: string[]): Script => ({ name: 'try', body, args });
const run = (link: Link, body: string, options: Partial<RunOptions> = {}) =>
  runScript(link, scriptOf(body), { signal: never, ...options });
const pidOf = async (link: Link) => Number((await run(link, 'field pid "$$"')).one('pid'));

function warm(transport: Transport): Link {
  const link = linkTo(transport);
  link.warm();
  return link;
}

const endings = async (at: Watched) =>
  (await Promise.allSettled(at.execs)).map((each) =>
    each.status === 'fulfilled' ? each.value.exit : String(each.reason),
  );

test('many scripts go through one shell, which ends with the link', async () => {
  const there = roomFor(10);
  const link = warm(there);
  const pids = new Set([await pidOf(link), await pidOf(link), await pidOf(link)]);
  expect(pids.size).toBe(1);
  expect(there.execs).toHaveLength(1);
  await link.close();
  expect(await endings(there)).toEqual([{ type: 'code', code: 0 }]);
});

test('a link that is not warm has a shell for each script', async () => {
  const there = roomFor(10);
  const link = linkTo(there);
  link.expectUpload();
  expect(await pidOf(link)).not.toBe(await pidOf(link));
  expect(there.execs).toHaveLength(2);
});

test('a script leaves nothing to the next, however it ends', async () => {
  const there = roomFor(10);
  const link = warm(there);
  const before = 'echo "not this" >&2; cd /; umask 077; left=over; main() { :; }; trap "echo trapped" EXIT';
  await run(link, before);
  await expect(run(link, `${before}; exit 3`)).rejects.toMatchObject({ code: 'E_REMOTE' });
  await expect(run(link, `${before}; fail E_STALE moved`)).rejects.toMatchObject({ code: 'E_STALE' });
  await expect(run(link, 'echo why >&2; false')).rejects.toMatchObject({
    message: 'web1: "try" ended with exit status 1: why.',
  });
  const fields = await run(link, 'field left "$' + '{left-none}"; field at "$(pwd)"; field mask "$(umask)"');
  expect([fields.one('left'), fields.one('at'), fields.one('mask')]).toEqual(['none', process.cwd(), '0022']);
  expect(there.execs).toHaveLength(1);
});

test('an answer may look like anything', async () => {
  const link = warm(localTransport());
  const fields = await run(
    link,
    `field odd "$(printf '\\n0123 0\\n\\n')x"; printf 'big\\000'; head -c 5000000 /dev/zero | tr '\\0' x; printf '\\000'`,
  );
  expect(fields.one('odd')).toBe('\n0123 0x');
  expect(fields.one('big')).toHaveLength(5_000_000);
  await link.close();
});

test('two scripts at a time do not wait for one another, and one shell stays', async () => {
  const there = roomFor(10);
  const link = warm(there);
  const fifo = `/tmp/cutover-shells-${process.pid}`;
  await run(link, `mkfifo ${fifo}`);
  await Promise.all([run(link, `cat ${fifo}`), run(link, `echo go >${fifo}`)]);
  await run(link, `rm ${fifo}`);
  expect(there.execs).toHaveLength(2);
  await Promise.race(there.execs);
  expect(await pidOf(link)).toBe(await pidOf(link));
  await link.close();
});

test('the signal ends its own script, whether it runs or waits, and others go on', async () => {
  const there = roomFor(1);
  const link = warm(there);
  const begun = Promise.withResolvers<void>();
  const [first, second] = [new AbortController(), new AbortController()];
  const running = link.run('echo begun; sleep 600', {
    signal: first.signal,
    keepBytes: 100,
    onStdout: () => begun.resolve(),
  });
  const waiting = run(link, 'field never run', { signal: second.signal });
  await begun.promise;
  second.abort(new Error('enough'));
  await expect(waiting).rejects.toMatchObject({ code: 'E_INTERRUPTED' });
  const next = run(link, 'field hello you');
  first.abort(new Error('enough'));
  await expect(running).rejects.toThrow('enough');
  expect((await next).one('hello')).toBe('you');
  await expect(run(link, ':', { signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: 'E_INTERRUPTED',
  });
  await link.close();
});

test('a shell that is killed while nothing runs in it costs no attempt', async () => {
  const there = roomFor(10);
  const link = warm(there);
  process.kill(await pidOf(link), 'SIGKILL');
  // Nobody has heard of it yet.
  expect((await run(link, 'field hello you', { attempts: 1 })).one('hello')).toBe('you');
  process.kill(await pidOf(link), 'SIGKILL');
  await there.execs.at(-1);
  expect((await run(link, 'field hello you', { attempts: 1 })).one('hello')).toBe('you');
  expect(there.execs).toHaveLength(3);
  await link.close();
});

test('a script that is killed is not run again', async () => {
  const link = warm(localTransport());
  const fields = run(link, 'kill -9 $$');
  await expect(fields).rejects.toMatchObject({
    code: 'E_REMOTE',
    message: expect.stringMatching(/signal SIGKILL/),
  });
});

test('a connection that is lost while nothing runs is replaced', async () => {
  let cut = () => {};
  const there = localTransport();
  const transport: Transport = {
    ...there,
    async connect(scope) {
      const connection = await there.connect(scope);
      const lost = Promise.withResolvers<string>();
      cut = () => lost.resolve('cut');
      const gone = lost.promise.then(
        (reason): ExecResult => ({
          exit: { type: 'unknown', reason },
          stdout: new Uint8Array(),
          stderr: new Uint8Array(),
        }),
      );
      return {
        ...connection,
        exec: (request) => Promise.race([connection.exec!(request), gone]),
        closed: lost.promise,
      };
    },
  };
  const link = warm(transport);
  const first = await pidOf(link);
  cut();
  expect(await pidOf(link)).not.toBe(first);
  await link.close();
});

test.each(['before', 'after'] as const)(
  'an answer that got lost %s it ran is asked for again',
  async (cut) => {
    const transport = faultyTransport(localTransport(), { 1: cut });
    const link = linkTo(transport);
    link.warm();
    expect((await run(link, 'field hello you')).one('hello')).toBe('you');
    expect(transport.counts).toEqual({ connects: 2, execs: 2 });
    await link.close();
  },
);

test('what keeps a shell from being opened is told by the script', async () => {
  const refused = new CutoverError('E_CAPABILITY', 'The server refuses to run commands for this user.');
  const there = localTransport();
  const link = warm({
    ...there,
    connect: async (scope) => ({ ...(await there.connect(scope)), exec: () => Promise.reject(refused) }),
  });
  await expect(run(link, ':')).rejects.toBe(refused);
  await link.close();
});

test.each([
  ['ends at once', ['sh', '-c', 'exit 0']],
  ['only repeats what it is told', ['cat']],
  ['reads to the end and says nothing', ['sh', '-c', 'cat >/dev/null']],
])('a login that %s is told from a shell', async (_, argv) => {
  const link = warm(localTransport({ wrap: () => argv }));
  await expect(run(link, ':')).rejects.toMatchObject({
    code: 'E_CAPABILITY',
    message: expect.stringMatching(/runs no POSIX shell/),
  });
  await link.close();
});

test('a shell that reads all of its input before it runs any serves one script', async () => {
  const link = warm(localTransport({ wrap: () => ['sh', '-c', 'eval "$(cat)"'] }));
  expect((await run(link, 'field hello you')).one('hello')).toBe('you');
  await link.close();
});

const data = randomBytes(3_000_000);
async function* pieces() {
  for (let at = 0; at < data.length; at += 70_001) yield data.subarray(at, at + 70_001);
}
const sum = createHash('sha256').update(data).digest('hex');
const receive = 'field sum "$(sha256sum | cut -c 1-64)"; field pid "$$"';

test('an upload takes the shell that was opened for it', async () => {
  const there = roomFor(10);
  const link = warm(there);
  await pidOf(link);
  link.expectUpload();
  link.expectUpload();
  await run(link, ':');
  const execs = there.execs.length;
  expect((await run(link, receive, { upload: pieces })).one('sum')).toBe(sum);
  expect([execs, there.execs.length]).toEqual([2, 2]);
  link.expectUpload();
  await run(link, ':');
  await link.close();
  // An upload that never came is an empty line that could not be read.
  expect(await endings(there)).toEqual([0, 0, 1].map((code) => ({ type: 'code', code })));
});

test('an upload whose shell was killed before it came is sent through another', async () => {
  const there = roomFor(10);
  const link = warm(there);
  const pid = await pidOf(link);
  link.expectUpload();
  const found = await run(link, `field all "$(pgrep -f 'IFS= read -r script' -P ${process.pid})"`);
  const [spare] = (found.one('all') ?? '').split('\n').map(Number);
  expect(spare).not.toBe(pid);
  process.kill(spare!, 'SIGKILL');
  expect((await run(link, receive, { upload: pieces, attempts: 1 })).one('sum')).toBe(sum);
  await link.close();
});

test('an upload beside another has no idle shell ended, and waits', async () => {
  const there = roomFor(2);
  const link = warm(there);
  const data = Promise.withResolvers<void>();
  const content = async function* () {
    yield Buffer.from('cat\n');
    await data.promise;
  };
  const first = link.upload({ signal: never, content });
  const pid = await pidOf(link);
  const over = new AbortController();
  const beside = link.upload({ signal: over.signal, content, isBeside: true });
  expect(await pidOf(link)).toBe(pid);
  over.abort(new Error('given up'));
  await expect(beside).rejects.toThrow('given up');
  data.resolve();
  expect((await first).exit).toEqual({ type: 'code', code: 0 });
  expect(await pidOf(link)).toBe(pid);
  await link.close();
});

test('the round trip is what an idle shell takes to begin, at best', async () => {
  const link = warm(roomFor(10));
  expect(link.roundTripMs()).toBe(null);
  await run(link, 'sleep 1');
  expect(link.roundTripMs()).toBeLessThan(1_000);
  const cold = linkTo(roomFor(10));
  await run(cold, 'true');
  expect(cold.roundTripMs()).toBe(null);
  await Promise.all([link.close(), cold.close()]);
});

test.each([1, 2, 3])('with room for %i at a time nobody keeps another from it', async (most) => {
  const there = roomFor(most);
  const link = warm(there);
  for (let round = 0; round < 3; round++) {
    await pidOf(link);
    if (round !== 1) link.expectUpload();
    if (round === 2) process.kill(await pidOf(link), 'SIGKILL');
    await Promise.all([run(link, ':'), run(link, ':')]);
    const uploading = run(link, receive, { upload: pieces });
    const beating = [run(link, ':'), run(link, ':')];
    expect((await uploading).one('sum')).toBe(sum);
    await Promise.all(beating);
  }
  // Expected, and never sent.
  link.expectUpload();
  process.kill(await pidOf(link), 'SIGKILL');
  await pidOf(link);
  await link.close();
  await endings(there);
});

test('a transport may ask for the input, and throw, before its exec has returned', async () => {
  const asking = eager((exec) => (request) => exec({ ...request, stdin: askedAtOnce(request.stdin) }));
  const link = warm(asking);
  link.expectUpload();
  async function* content() {
    yield Buffer.from('sent');
  }
  expect((await run(link, 'field got "$(cat)"', { upload: content })).one('got')).toBe('sent');
  expect(await pidOf(link)).toBe(await pidOf(link));
  await link.close();
  const throwing = eager(() => () => {
    throw new CutoverError('E_CAPABILITY', 'no program is run here');
  });
  await expect(pidOf(warm(throwing))).rejects.toThrow('no program is run here');
  await expect(pidOf(linkTo(throwing))).rejects.toThrow('no program is run here');
});

type Exec = NonNullable<Connection['exec']>;

function eager(change: (exec: Exec) => Exec): Transport {
  const { address, connect } = localTransport();
  return {
    address,
    async connect(scope) {
      const connection = await connect(scope);
      return { ...connection, exec: change(connection.exec!) };
    },
  };
}

function askedAtOnce(content: ExecRequest['stdin'] = ''): AsyncIterable<Uint8Array> {
  const pieces = typeof content === 'string' ? Readable.from([Buffer.from(content)]) : content;
  const iterator = pieces[Symbol.asyncIterator]();
  const first = iterator.next();
  return (async function* () {
    for (let piece = await first; piece.done !== true; piece = await iterator.next()) yield piece.value;
  })();
}
