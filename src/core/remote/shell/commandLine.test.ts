import { readFile } from 'node:fs/promises';
import { expect, test, vi } from 'vitest';
import type { Transport } from '../../contract/index.ts';
import { running } from '../../testing/commandHere.ts';
import { engineHere, linkTo, never } from '../../testing/engineHere.ts';
import { faultyTransport } from '../../testing/faultyConnection.ts';
import { localTransport } from '../../testing/localConnection.ts';
import { pathWith } from '../../testing/scratch.ts';
import { runCommand } from './command.ts';

/** Passes the output on, and breaks the line once it holds so many bytes of it, or before anything is begun. */
function breakingTransport(afterBytes: readonly (number | 'before')[], inner = localTransport()) {
  const counts = { execs: 0 };
  const transport: Transport = {
    address: 'here',
    async connect(scope) {
      const connection = await inner.connect(scope);
      return {
        ...connection,
        async exec(request) {
          const limit = afterBytes[counts.execs++];
          if (limit === undefined) return connection.exec!(request);
          const cut = new AbortController();
          const nothing = new Uint8Array();
          const lost = {
            exit: { type: 'unknown', reason: 'cut' },
            stdout: nothing,
            stderr: nothing,
          } as const;
          if (limit === 'before') return lost;
          let left = limit;
          const onStdout = (chunk: Uint8Array) => {
            if (left > 0) request.onStdout?.(chunk.subarray(0, left));
            left -= chunk.length;
            if (left <= 0) cut.abort();
          };
          return connection.exec!({ ...request, onStdout, signal: cut.signal }).catch(() => lost);
        },
      };
    },
  };
  return { transport, counts };
}

const COUNTED =
  'echo x >>count; for n in 1 2 3 4 5 6 7 8 9; do printf "line $n ä\\n\\n"; sleep 0.02; done; exit 4';

test.for([[['before']], [[10]], [[100]], [[101, 'before', 102, 140, 200]], [[150, 150, 150, 150]]] as const)(
  'a connection that breaks after %j bytes loses no line, repeats none, and the command runs once',
  async ([breaks]) => {
    const here = await engineHere();
    const { transport, counts } = breakingTransport(breaks);
    const onAttached = vi.fn();
    const { lines, done } = running(here, COUNTED, { onAttached }, { transport });
    await expect(done).rejects.toMatchObject({
      code: 'E_COMMAND',
      message: expect.stringMatching(/status 4:/),
    });
    const expected = [1, 2, 3, 4, 5, 6, 7, 8, 9].flatMap((n) => [`line ${n} ä`, '']);
    expect(lines.map(([, line]) => line)).toEqual(expected);
    expect(await readFile(here.at('count'), 'utf8')).toBe('x\n');
    expect(counts.execs).toBeGreaterThan(breaks.length);
    expect(onAttached).not.toHaveBeenCalled();
  },
);

test('a connection that stays away leaves it unknown', async () => {
  const here = await engineHere();
  const cuts = faultyTransport(localTransport(), () => 'after');
  const { done } = running(here, 'echo x >>count', {}, { transport: cuts });
  await expect(done).rejects.toMatchObject({
    code: 'E_UNKNOWN',
    message: expect.stringContaining('could not be opened again; nobody knows how it ended'),
  });
  // The first one and three tries more, and three to end it.
  expect(cuts.counts.execs).toBe(7);
  expect(await readFile(here.at('count'), 'utf8')).toBe('x\n');
});

test('what went out of sight is ended as soon as the server can be asked again', async () => {
  const here = await engineHere();
  const { transport } = breakingTransport([100, 'before', 'before', 'before']);
  const { lines, done } = running(here, 'echo $$ | tee pid; sleep 600', {}, { transport });
  await expect(done).rejects.toMatchObject({
    code: 'E_UNKNOWN',
    message: expect.stringMatching(/nobody knows how it ended; its processes were ended$/),
  });
  expect(lines.length).toBeLessThan(2);
  expect((await here.see()).running).toEqual([]);
});

test('a long command is asked for again and again, and nobody notices', async () => {
  const quick = await pathWith({ sleep: '[ "$1" = 3 ] && exec /bin/sleep 1; exec /bin/sleep 0.001' });
  const transport = localTransport({ env: { ...process.env, PATH: quick } });
  const here = await engineHere();
  const { counts, transport: counted } = breakingTransport([], transport);
  const onAttached = vi.fn();
  const { lines, done } = running(
    here,
    'echo one; sleep 3; echo two',
    { onAttached },
    { transport: counted },
  );
  await done;
  expect(onAttached).not.toHaveBeenCalled();
  expect(lines.map(([, line]) => line)).toEqual(['one', 'two']);
  expect(counts.execs).toBeGreaterThan(1);
});

test('a connection on which nothing is heard counts as lost', async () => {
  const here = await engineHere();
  const inner = localTransport();
  const heard: string[] = [];
  const deaf: Transport = {
    address: 'here',
    async connect(scope) {
      const connection = await inner.connect(scope);
      return {
        ...connection,
        exec: (request) =>
          connection.exec!(heard.push('x') === 1 ? { ...request, onStdout: () => {} } : request),
      };
    },
  };
  const onLine = () => {};
  const request = { id: 'try', run: 'sleep 0.5', directory: here.path, variables: {}, onLine };
  await runCommand(
    linkTo(deaf),
    here.path,
    here.fence,
    { ...request, timeoutMs: null, idleTimeoutMs: null },
    never,
    { retriesMs: [1], silenceMs: 200 },
  );
  expect(heard.length).toBeGreaterThan(1);
});
