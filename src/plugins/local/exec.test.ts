import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { exec } from './exec.ts';

const never = new AbortController().signal;
const sh = (script: string, ...words: string[]) => ['sh', '-c', script, 'sh', ...words];
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();

test('arguments arrive as they are, without a shell in between', async () => {
  const words = ["it's", '$(id)', 'a b', '', '-rf', '*', 'ü\n', '"'];
  const { exit, stdout } = await exec({ argv: ['printf', '[%s]', ...words], signal: never });
  expect(exit).toEqual({ type: 'code', code: 0 });
  expect(text(stdout)).toBe(words.map((word) => `[${word}]`).join(''));
});

test('an exit code, and both streams, are told', async () => {
  const result = await exec({ argv: sh('echo out; echo err >&2; exit 3'), signal: never });
  expect(result.exit).toEqual({ type: 'code', code: 3 });
  expect([text(result.stdout), text(result.stderr)]).toEqual(['out\n', 'err\n']);
});

test('a command ended by a signal names it', async () => {
  const { exit } = await exec({ argv: sh('kill -9 $$'), signal: never });
  expect(exit).toEqual({ type: 'signal', signal: 'SIGKILL' });
});

test('a script of 3 MB runs from stdin', async () => {
  const script = `${'# a comment that fills the pipe\n'.repeat(100_000)}echo ran\n`;
  const { stdout } = await exec({ argv: ['sh', '-s'], stdin: script, signal: never });
  expect(text(stdout)).toBe('ran\n');
});

test('a stream arrives whole, and without one stdin is empty', async () => {
  async function* chunks() {
    for (let index = 0; index < 100; index++) yield Buffer.alloc(100_000, index);
  }
  const whole = await exec({ argv: ['wc', '-c'], stdin: chunks(), signal: never });
  expect(text(whole.stdout).trim()).toBe('10000000');
  const empty = await exec({ argv: ['wc', '-c'], signal: never });
  expect(text(empty.stdout).trim()).toBe('0');
});

test('a command that does not read its input is judged by its exit', async () => {
  const { exit } = await exec({ argv: sh('exit 4'), stdin: 'x'.repeat(5_000_000), signal: never });
  expect(exit).toEqual({ type: 'code', code: 4 });
});

test('input that cannot be read ends the command and is the error', async () => {
  async function* torn() {
    yield Buffer.from('echo half\n');
    throw new Error('the file has changed');
  }
  await expect(exec({ argv: ['sh', '-s'], stdin: torn(), signal: never })).rejects.toThrow(
    'the file has changed',
  );
});

test('only the end of much output is kept, and all of it was seen', async () => {
  let seenBytes = 0;
  const { stdout } = await exec({
    argv: sh('head -c 20000000 /dev/zero; echo end'),
    signal: never,
    keepBytes: 100,
    onStdout: (chunk) => {
      seenBytes += chunk.length;
    },
  });
  expect(seenBytes).toBe(20_000_004);
  expect(stdout.length).toBe(100);
  expect(text(stdout).endsWith('end\n')).toBe(true);
});

test('a child left in the background does not hold the result', async () => {
  const { exit, stdout } = await exec({ argv: sh('sleep 600 & echo $!; exit 5'), signal: never });
  const pid = Number(text(stdout));
  try {
    expect(exit).toEqual({ type: 'code', code: 5 });
    expect(isAlive(pid)).toBe(true);
  } finally {
    process.kill(pid, 'SIGKILL');
  }
});

test('the abort signal ends the command and its children', async () => {
  const stop = new AbortController();
  const pid = Promise.withResolvers<number>();
  const running = exec({
    argv: sh('trap "" TERM; sleep 600 & echo $!; wait'),
    signal: stop.signal,
    onStdout: (chunk) => pid.resolve(Number(text(chunk))),
  });
  const child = await pid.promise;
  stop.abort(new Error('enough'));
  await expect(running).rejects.toThrow('enough');
  while (isAlive(child)) await delay(5);
});

test('a program that is not there, and an aborted signal, start nothing', async () => {
  await expect(exec({ argv: ['no-such-program-here'], signal: never })).rejects.toMatchObject({
    code: 'E_CAPABILITY',
    message: expect.stringContaining('no-such-program-here'),
  });
  await expect(exec({ argv: ['true'], signal: AbortSignal.abort(new Error('over')) })).rejects.toThrow(
    'over',
  );
});

test('a NUL byte is refused', async () => {
  await expect(exec({ argv: ['echo', 'a\0b'], signal: never })).rejects.toMatchObject({ code: 'E_USAGE' });
});

/** A zombie has been killed: it only waits to be counted. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  return !/^State:\s+Z/m.test(readStatus(pid));
}

function readStatus(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return '';
  }
}
