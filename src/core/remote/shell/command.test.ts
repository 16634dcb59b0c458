import { readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import type { Transport } from '../../contract/index.ts';
import { engineHere, type Here, never } from '../../testing/engineHere.ts';
import { faultyTransport } from '../../testing/faultyConnection.ts';
import { localTransport } from '../../testing/localConnection.ts';
import { pathWith } from '../../testing/scratch.ts';
import type { CommandRequest } from '../engine.ts';

type Line = readonly ['stdout' | 'stderr', string];

function running(here: Here, run: string, request: Partial<CommandRequest> = {}, signal = never) {
  const lines: Line[] = [];
  const onLine: CommandRequest['onLine'] = (stream, line) => lines.push([stream, line]);
  const done = here.engine.command(
    here.fence,
    { id: 'try', run, directory: here.path, variables: {}, timeoutMs: null, onLine, ...request },
    signal,
  );
  return { lines, done };
}

async function linesOf(run: string, request: Partial<CommandRequest> = {}): Promise<readonly Line[]> {
  const { lines, done } = running(await engineHere(), run, request);
  await done;
  return lines;
}

test('a command runs in its directory, with values that no shell has touched', async () => {
  const here = await engineHere();
  const odd = `it's "$(id)" \`id\`\n\\ * ü`;
  const { lines, done } = running(here, 'pwd; printf %s "$ODD"; cat', { variables: { ODD: odd, EMPTY: '' } });
  await done;
  expect(lines).toEqual([here.path, ...odd.split('\n')].map((line) => ['stdout', line]));
  expect(await readdir(here.at('.cutover/runs'))).toEqual([]);
});

test('lines come as they are, with or without an end, and none of ours among them', async () => {
  expect(await linesOf('printf "a\\n\\n\\nb"')).toEqual(['a', '', '', 'b'].map((line) => ['stdout', line]));
  expect(await linesOf('printf "a\\n\\n"')).toEqual([
    ['stdout', 'a'],
    ['stdout', ''],
  ]);
  expect(await linesOf('printf "\\n"')).toEqual([['stdout', '']]);
  expect(await linesOf('true')).toEqual([]);
  expect(await linesOf('printf "one\\r\\n" >&2')).toEqual([['stderr', 'one']]);
});

test('bytes that are no text are shown as such, and nothing breaks', async () => {
  expect(await linesOf(`printf 'a\\377\\000b\\n'`)).toEqual([['stdout', 'a\ufffd\0b']]);
});

test.for([
  ['exit 3', 'E_COMMAND', /ended with exit status 3$/],
  ['echo why >&2; exit 1', 'E_COMMAND', /exit status 1: why$/],
  ['no-such-program', 'E_COMMAND', /127 \(not found.*no-such-program/],
  ['/etc/passwd', 'E_COMMAND', /126 \(not executable/],
  ['kill -9 $$', 'E_COMMAND', /137 \(killed; perhaps/],
  ['kill -TERM $$', 'E_COMMAND', /143 \(signal 15\)/],
  ['false; echo not reached', 'E_COMMAND', /exit status 1$/],
  ['false | cat', 'E_COMMAND', /exit status 1$/],
  ['exit 97', 'E_COMMAND', /exit status 97$/],
] as const)('%s fails', async ([run, code, message]) => {
  const { lines, done } = running(await engineHere(), run);
  await expect(done).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  expect(lines).not.toContainEqual(['stdout', 'not reached']);
});

test('a directory that is not there is an error of its own', async () => {
  const { done, lines } = running(await engineHere(), 'true', { directory: '/no/such/directory' });
  await expect(done).rejects.toMatchObject({
    code: 'E_REMOTE',
    message: expect.stringContaining('/no/such/directory cannot be entered'),
  });
  expect(lines).toEqual([]);
});

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
  const quick = await pathWith({ sleep: '[ "$1" = 1 ] && exec /bin/sleep 0.02; exec /bin/sleep "$1"' });
  const here = await engineHere(localTransport({ env: { ...process.env, PATH: quick } }));
  const { lines, done } = running(here, `trap '' TERM; echo $$; while :; do sleep 600; done`, {
    timeoutMs: 300,
  });
  await expect(done).rejects.toMatchObject({ code: 'E_TIMEOUT' });
  for (const pid of pidsOf(lines)) expect(isAlive(pid)).toBe(false);
});

test('cancelling ends it', async () => {
  const here = await engineHere();
  const cancel = new AbortController();
  const lines: Line[] = [];
  const onLine: CommandRequest['onLine'] = (stream, line) => {
    if (stream === 'stdout') lines.push([stream, line]);
    cancel.abort();
  };
  const { done } = running(here, 'echo $$; sleep 600', { onLine }, cancel.signal);
  await expect(done).rejects.toMatchObject({ code: 'E_INTERRUPTED' });
  expect(pidsOf(lines)).toHaveLength(1);
  for (const pid of pidsOf(lines)) expect(isAlive(pid)).toBe(false);
});

test('one that was cancelled before it began never begins', async () => {
  const cancel = new AbortController();
  const stopped = Promise.withResolvers<void>();
  const here = await engineHere(slowCommands(() => cancel.abort(), stopped));
  const { lines, done } = running(here, 'echo began; touch began', {}, cancel.signal);
  await expect(done).rejects.toMatchObject({ code: 'E_INTERRUPTED' });
  expect(lines).not.toContainEqual(['stdout', 'began']);
  expect(await readdir(here.path)).not.toContain('began');
  const late = running(here, 'touch began', {}, cancel.signal);
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

test('a connection that breaks leaves it unknown, and it is not run again', async () => {
  const cuts = faultyTransport(localTransport(), ({ stdin }) =>
    String(stdin).includes('>>log') ? 'after' : null,
  );
  const here = await engineHere(cuts);
  await expect(running(here, 'echo x >>log').done).rejects.toMatchObject({ code: 'E_UNKNOWN' });
  expect(await readFile(here.at('log'), 'utf8')).toBe('x\n');
});

test('fifty megabytes of output pass by without filling the memory', async () => {
  const here = await engineHere();
  const before = process.memoryUsage().rss;
  let bytes = 0;
  let highest = before;
  const onLine: CommandRequest['onLine'] = (_, line) => {
    bytes += line.length;
    highest = Math.max(highest, process.memoryUsage().rss);
  };
  await running(here, 'head -c 50000000 /dev/zero | tr "\\0" x; echo; head -c 50000000 /dev/zero >&2', {
    onLine,
  }).done;
  expect(bytes).toBe(100_000_000);
  expect(highest - before).toBeLessThan(100_000_000);
});

function pidsOf(lines: readonly Line[]): readonly number[] {
  return lines.flatMap(([stream, line]) => (stream === 'stdout' ? line.split(' ').map(Number) : []));
}

/** A zombie is dead: it only waits to be counted. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
