import { expect, test } from 'vitest';
import { startMaster } from './master.ts';

test('a signal that fires while the program is being started ends the login', async () => {
  const stop = new AbortController();
  // Behind the first look at it, and before anybody listens.
  stop.signal.throwIfAborted = () => stop.abort(new Error('enough'));
  const logIn = startMaster({
    argv: () => ['sleep', '600'],
    signal: stop.signal,
    tell: () => {},
    limitMs: 600_000,
  });
  await expect(logIn).rejects.toThrow('enough');
});

test('a program that ignores what it is told is ended all the same', async () => {
  const stop = new AbortController();
  const logIn = startMaster({
    argv: () => ['sh', '-c', 'trap "" TERM; echo "cutover: up" >&2; sleep 600; sleep 600'],
    signal: stop.signal,
    tell: () => stop.abort(new Error('enough')),
    limitMs: 600_000,
  });
  await expect(logIn).rejects.toThrow('enough');
});
