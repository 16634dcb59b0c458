import { expect, test } from 'vitest';
import type { ExecResult, Transport } from '../../contract/index.ts';
import { linkTo } from '../../testing/engineHere.ts';
import { faultyTransport } from '../../testing/faultyConnection.ts';
import { localTransport } from '../../testing/localConnection.ts';
import { roomFor } from '../../testing/roomFor.ts';
import { endings, pidOf, run, warm } from './testing/openShells.ts';

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
