import { readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isAlive, linesOf, pidsOf, running } from '../../testing/commandHere.ts';
import { engineHere } from '../../testing/engineHere.ts';
import { localTransport } from '../../testing/localConnection.ts';
import { scratch } from '../../testing/scratch.ts';
import type { CommandRequest } from '../engine.ts';
import { LOG_LIMIT_BYTES } from './commandScripts.ts';

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

test('a child that stays in the background and keeps the output open is not waited for', async () => {
  const here = await engineHere();
  const { lines, done } = running(here, 'sleep 600 & echo $!');
  await done;
  const [child] = pidsOf(lines);
  expect(isAlive(child!)).toBe(true);
  process.kill(child!);
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
