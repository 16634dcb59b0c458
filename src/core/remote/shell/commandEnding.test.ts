import { readdir } from 'node:fs/promises';
import { expect, test } from 'vitest';
import type { Transport } from '../../contract/index.ts';
import { isAlive, type Line, pidsOf, running } from '../../testing/commandHere.ts';
import { engineHere } from '../../testing/engineHere.ts';
import { localTransport } from '../../testing/localConnection.ts';
import { pathWith } from '../../testing/scratch.ts';
import type { CommandRequest } from '../engine.ts';

test('one that runs too long is ended with all its children, and only then is it an error', async () => {
  const here = await engineHere();
  const { lines, done } = running(here, 'sleep 600 & echo $! $$; wait', { timeoutMs: 300 });
  await expect(done).rejects.toMatchObject({
    code: 'E_TIMEOUT',
    message: expect.stringMatching(/longer than 0.3 s; its processes were ended$/),
  });
  expect(pidsOf(lines)).toHaveLength(2);
  for (const pid of pidsOf(lines)) expect(isAlive(pid)).toBe(false);
});

test('one that ignores TERM is killed', async () => {
  const quick = await pathWith({ sleep: '[ "$1" = 0.1 ] && exec /bin/sleep 0.001; exec /bin/sleep "$1"' });
  const transport = localTransport({ env: { ...process.env, PATH: quick } });
  const here = await engineHere(transport);
  const run = `trap '' TERM; echo $$; while :; do sleep 600; done`;
  const { lines, done } = running(here, run, { timeoutMs: 300 }, { transport });
  await expect(done).rejects.toMatchObject({ code: 'E_TIMEOUT' });
  for (const pid of pidsOf(lines)) expect(isAlive(pid)).toBe(false);
});

test('one that prints nothing for too long is ended; one that prints is not', async () => {
  const here = await engineHere();
  const silent = running(here, 'echo $$; sleep 600', { id: 'silent', idleTimeoutMs: 300 });
  await expect(silent.done).rejects.toMatchObject({
    code: 'E_TIMEOUT',
    message: expect.stringMatching(/printed nothing for 0.3 s; its processes were ended$/),
  });
  for (const pid of pidsOf(silent.lines)) expect(isAlive(pid)).toBe(false);
  const run = 'for n in 1 2 3 4 5 6 7 8 9 10; do sleep 0.2; printf .; done';
  const busy = running(here, run, { id: 'busy', idleTimeoutMs: 1500 });
  await busy.done;
  expect(busy.lines).toEqual([['stdout', '..........']]);
});

test('cancelling ends it', async () => {
  const here = await engineHere();
  const cancel = new AbortController();
  const lines: Line[] = [];
  const onLine: CommandRequest['onLine'] = (stream, line) => {
    if (stream === 'stdout') lines.push([stream, line]);
    cancel.abort();
  };
  const { done } = running(here, 'echo $$; sleep 600', { onLine }, { signal: cancel.signal });
  await expect(done).rejects.toMatchObject({ code: 'E_INTERRUPTED' });
  expect(pidsOf(lines)).toHaveLength(1);
  for (const pid of pidsOf(lines)) expect(isAlive(pid)).toBe(false);
});

test('one that was cancelled before it began never begins', async () => {
  const cancel = new AbortController();
  const stopped = Promise.withResolvers<void>();
  const here = await engineHere();
  const transport = slowCommands(() => cancel.abort(), stopped);
  const { lines, done } = running(here, 'echo began; touch began', {}, { signal: cancel.signal, transport });
  await expect(done).rejects.toMatchObject({ code: 'E_INTERRUPTED' });
  expect(lines).not.toContainEqual(['stdout', 'began']);
  expect(await readdir(here.path)).not.toContain('began');
  const late = running(here, 'touch began', { id: 'late' }, { signal: cancel.signal });
  await expect(late.done).rejects.toMatchObject({ code: 'E_INTERRUPTED' });
  expect(await readdir(here.path)).not.toContain('began');
});

/** The command is held back until the script that ends it has run. */
function slowCommands(onCommand: () => void, stopped: PromiseWithResolvers<void>): Transport {
  const inner = localTransport();
  return {
    address: 'here',
    async connect(scope) {
      const connection = await inner.connect(scope);
      return {
        ...connection,
        async exec(request) {
          const script = String(request.stdin);
          if (script.includes('began')) {
            onCommand();
            await stopped.promise;
          }
          const result = await connection.exec!(request);
          if (script.includes('dead yes')) stopped.resolve();
          return result;
        },
      };
    },
  };
}
