import { readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Transport } from '../../contract/index.ts';
import { engineHere, type Here, linkTo, never } from '../../testing/engineHere.ts';
import { faultyTransport } from '../../testing/faultyConnection.ts';
import { localTransport } from '../../testing/localConnection.ts';
import { pathWith, scratch } from '../../testing/scratch.ts';
import type { CommandRequest } from '../engine.ts';
import { runCommand } from './command.ts';
import { LOG_LIMIT_BYTES } from './commandScripts.ts';

type Line = readonly ['stdout' | 'stderr', string];

const QUICK = { retriesMs: [1, 1, 1], silenceMs: 60_000 };

function running(
  here: Here,
  run: string,
  request: Partial<CommandRequest> = {},
  { signal = never, transport = localTransport() } = {},
) {
  const lines: Line[] = [];
  const onLine: CommandRequest['onLine'] = (stream, line) => lines.push([stream, line]);
  const done = runCommand(
    linkTo(transport),
    here.path,
    here.fence,
    {
      id: 'try',
      run,
      directory: here.path,
      variables: {},
      timeoutMs: null,
      idleTimeoutMs: null,
      onLine,
      ...request,
    },
    signal,
    QUICK,
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
});

test('lines come as they are, with or without an end, and none of ours among them', async () => {
  expect(await linesOf('printf "a\\n\\n\\nb"')).toEqual(['a', '', '', 'b'].map((line) => ['stdout', line]));
  expect(await linesOf('printf "a\\n\\n"')).toEqual([
    ['stdout', 'a'],
    ['stdout', ''],
  ]);
  expect(await linesOf('printf "\\n"')).toEqual([['stdout', '']]);
  expect(await linesOf('true')).toEqual([]);
  expect(await linesOf('printf "one\\r\\n" >&2; echo two')).toEqual(
    ['one', 'two'].map((line) => ['stdout', line]),
  );
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
  const quick = await pathWith({ sleep: '[ "$1" = 0.1 ] && exec /bin/sleep 0.001; exec /bin/sleep "$1"' });
  const transport = localTransport({ env: { ...process.env, PATH: quick } });
  const here = await engineHere(transport);
  const run = `trap '' TERM; echo $$; while :; do sleep 600; done`;
  const { lines, done } = running(here, run, { timeoutMs: 300 }, { transport });
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
    const { lines, done } = running(here, COUNTED, {}, { transport });
    await expect(done).rejects.toMatchObject({
      code: 'E_COMMAND',
      message: expect.stringMatching(/status 4:/),
    });
    const expected = [1, 2, 3, 4, 5, 6, 7, 8, 9].flatMap((n) => [`line ${n} ä`, '']);
    expect(lines.map(([, line]) => line)).toEqual(expected);
    expect(await readFile(here.at('count'), 'utf8')).toBe('x\n');
    expect(counts.execs).toBeGreaterThan(breaks.length);
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
  const { lines, done } = running(here, 'echo one; sleep 3; echo two', {}, { transport: counted });
  await done;
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

test('who asks for the same run attaches to it, during it and after it', async () => {
  const here = await engineHere();
  const run = 'echo x >>count; echo first; until [ -e go ]; do sleep 0.02; done; echo last; exit 7';
  const first = running(here, run, {
    onLine: (_, line) => line === 'first' && begun.resolve(),
  });
  const begun = Promise.withResolvers<void>();
  first.done.catch(() => {});
  await begun.promise;
  const { running: ids } = await here.see();
  expect(ids).toEqual(['try']);
  const second = running(here, run);
  second.done.catch(() => {});
  await writeFile(here.at('go'), '');
  await expect(first.done).rejects.toMatchObject({ code: 'E_COMMAND' });
  await expect(second.done).rejects.toMatchObject({ message: expect.stringMatching(/exit status 7: last$/) });
  const third = running(here, run);
  await expect(third.done).rejects.toMatchObject({ message: expect.stringMatching(/exit status 7: last$/) });
  const both = ['first', 'last'].map((line) => ['stdout', line]);
  expect([second.lines, third.lines]).toEqual([both, both]);
  expect(await readFile(here.at('count'), 'utf8')).toBe('x\n');
  expect((await here.see()).running).toEqual([]);
});

test('where nobody can write down that a command begins, it does not begin, and that is told at once', async () => {
  const here = await engineHere();
  const full = await pathWith({ ln: 'echo "ln: No space left on device" >&2; exit 1' });
  const transport = localTransport({ env: { ...process.env, PATH: full } });
  const { done } = running(here, 'echo x >>begun', {}, { transport });
  await expect(done).rejects.toMatchObject({
    code: 'E_REMOTE',
    message: expect.stringContaining('could not be started: ln: No space left on device'),
  });
  expect(await readdir(here.path)).not.toContain('begun');
});

test('of ten that start the same run at once, one does', async () => {
  // All have looked whether it is there before the first one makes it.
  const slow = await pathWith({ mkdir: 'sleep 0.5; exec /bin/mkdir "$@"' });
  const here = await engineHere();
  const transport = localTransport({ env: { ...process.env, PATH: slow } });
  const run = 'echo x >>count; sleep 0.2; cat count';
  const all = Array.from({ length: 10 }, () => running(here, run, {}, { transport }));
  await Promise.all(all.map(({ done }) => done));
  for (const { lines } of all) expect(lines).toEqual([['stdout', 'x']]);
});

test('one that is gone without an exit status is no success', async () => {
  const here = await engineHere();
  const { done } = running(here, 'kill -9 -- -$(ps -o pgid= $$ | tr -d " ")');
  await expect(done).rejects.toMatchObject({
    code: 'E_UNKNOWN',
    message: expect.stringContaining('nobody knows how it ended'),
  });
  await expect(running(here, 'true').done).rejects.toMatchObject({ code: 'E_UNKNOWN' });
});

test('a number that another process has got since is nobody of ours', async () => {
  const here = await engineHere();
  await mkdir(here.at('.cutover/runs/try'));
  await writeFile(here.at('.cutover/runs/try/log'), 'half a line');
  await symlink(`${process.pid} 1 word`, here.at('.cutover/runs/try/pid'));
  expect((await here.see()).running).toEqual([]);
  const { lines, done } = running(here, 'true', { timeoutMs: 5000 });
  await expect(done).rejects.toMatchObject({ code: 'E_UNKNOWN' });
  expect(lines).toEqual([['stdout', 'half a line']]);
});

test('the sweep of another deployment spares what is still at work, and nothing else', async () => {
  const here = await engineHere();
  await running(here, 'true', { id: 'ended' }).done;
  const begun = Promise.withResolvers<void>();
  const { done } = running(here, 'echo begun; until [ -e go ]; do sleep 0.02; done', {
    id: 'working',
    onLine: () => begun.resolve(),
  });
  await begun.promise;
  await here.engine.prepare(here.fence, never);
  expect(await readdir(here.at('.cutover/runs'))).toEqual(['working']);
  await writeFile(here.at('go'), '');
  await done;
  await here.engine.prepare(here.fence, never);
  expect(await readdir(here.at('.cutover/runs'))).toEqual([]);
});

test('a child that stays in the background and keeps the output open is not waited for', async () => {
  const here = await engineHere();
  const { lines, done } = running(here, 'sleep 600 & echo $!');
  await done;
  const [child] = pidsOf(lines);
  expect(isAlive(child!)).toBe(true);
  process.kill(child!);
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

test('a server without fractions of a second, setsid and bash runs it all the same', async () => {
  const directory = await scratch();
  for (const tool of ['cat', 'grep', 'head', 'ln', 'ls', 'mkdir', 'perl', 'readlink', 'sh', 'tail']) {
    await symlink(`/bin/${tool}`, join(directory, tool));
  }
  await writeFile(
    join(directory, 'sleep'),
    '#!/bin/sh\ncase $1 in *.*) echo "invalid number" >&2; exit 1 ;; esac\nexec /bin/sleep "$1"\n',
    { mode: 0o755 },
  );
  const here = await engineHere();
  const transport = localTransport({ env: { PATH: directory } });
  const quick = running(here, 'echo one; cat', { id: 'quick' }, { transport });
  await quick.done;
  expect(quick.lines).toEqual([['stdout', 'one']]);
  const late = running(here, 'echo $$; sleep 600', { id: 'late', timeoutMs: 300 }, { transport });
  await expect(late.done).rejects.toMatchObject({ message: expect.stringContaining('were ended') });
  for (const pid of pidsOf(late.lines)) expect(isAlive(pid)).toBe(false);
});

test('a gigabyte of output fills neither memory nor disk, and holds nothing up', async () => {
  const here = await engineHere();
  const before = process.memoryUsage().rss;
  let bytes = 0;
  let highest = before;
  let last = '';
  const onLine: CommandRequest['onLine'] = (_, line) => {
    last = line;
    bytes += line.length;
    highest = Math.max(highest, process.memoryUsage().rss);
  };
  await running(here, 'head -c 1G /dev/zero | tr "\\0" x; echo done >printed', { onLine }).done;
  expect(bytes).toBe(LOG_LIMIT_BYTES + last.length);
  expect(last).toBe('[the output went on; only its first 8 MiB are kept]');
  expect((await stat(here.at('.cutover/runs/try/log'))).size).toBe(LOG_LIMIT_BYTES);
  expect(await readFile(here.at('printed'), 'utf8')).toBe('done\n');
  expect(highest - before).toBeLessThan(64 * 1024 * 1024);
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
