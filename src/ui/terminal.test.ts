import { EventEmitter } from 'node:events';
import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { canRedraw, createStyle, wantsColor } from './style.ts';
import { drained, openTerminal } from './terminal.ts';

function fakeStream(properties: { isTTY?: boolean; columns?: number; rows?: number } = {}) {
  const written: string[] = [];
  const emitter = new EventEmitter();
  const stream = {
    on: (event: 'error', listener: (error: Error) => void) => emitter.on(event, listener),
    write: (text: string) => written.push(text),
    ...properties,
  };
  return { stream, written, fail: () => emitter.emit('error', new Error('write EPIPE')) };
}

test('a reader that went away is no error, and nothing more is written', () => {
  const { stream, written, fail } = fakeStream();
  const terminal = openTerminal(stream, {});
  terminal.write('one\n');
  fail();
  terminal.write('two\n');
  expect(written).toEqual(['one\n']);
});

test('a reader who is behind is waited for, until he has read or gone away', async () => {
  const taken: (() => void)[] = [];
  const stream = new Writable({ highWaterMark: 4, write: (_chunk, _encoding, done) => taken.push(done) });
  stream.on('error', () => {});
  expect(drained(stream)).toBeNull();
  stream.write('one\n');
  const listeners = () => ['drain', 'error', 'close'].map((event) => stream.listenerCount(event));
  const before = listeners();
  const first = drained(stream);
  expect(first).not.toBeNull();
  taken.shift()?.();
  await first;
  expect(listeners()).toEqual(before);
  expect(drained(stream)).toBeNull();
  stream.write('two\n');
  const second = drained(stream);
  stream.destroy();
  await second;
  expect(drained(stream)).toBeNull();
});

test('the size is the present one, and a usual one where there is none', () => {
  const { stream } = fakeStream({ isTTY: true, columns: 120, rows: 50 });
  const terminal = openTerminal(stream, {});
  stream.columns = 60;
  expect([terminal.columns, terminal.rows]).toEqual([60, 50]);
  const none = openTerminal(fakeStream({ columns: 0 }).stream, {});
  expect([none.columns, none.rows]).toEqual([80, 24]);
});

test('lines are drawn over on a terminal that can, outside CI', () => {
  const of = (isTTY: boolean, env: Record<string, string>) =>
    openTerminal(fakeStream({ isTTY }).stream, env).isTTY;
  expect(of(true, { TERM: 'xterm' })).toBe(true);
  expect(of(false, { TERM: 'xterm' })).toBe(false);
  expect(of(true, { TERM: 'dumb' })).toBe(false);
  expect(of(true, { TERM: 'xterm', CI: 'true' })).toBe(false);
  expect(of(true, { TERM: 'xterm', CI: 'false' })).toBe(true);
  expect(canRedraw(true, { CI: '' })).toBe(true);
});

test('colour follows NO_COLOR, then FORCE_COLOR, then the terminal', () => {
  expect(wantsColor(true, { TERM: 'xterm' })).toBe(true);
  expect(wantsColor(false, { TERM: 'xterm' })).toBe(false);
  expect(wantsColor(true, { TERM: 'dumb' })).toBe(false);
  expect(wantsColor(true, { CI: '1' })).toBe(false);
  expect(wantsColor(true, { NO_COLOR: '1', FORCE_COLOR: '1' })).toBe(false);
  expect(wantsColor(true, { NO_COLOR: '' })).toBe(true);
  expect(wantsColor(false, { FORCE_COLOR: '1', CI: 'true' })).toBe(true);
  expect(wantsColor(true, { FORCE_COLOR: '0' })).toBe(false);
});

test('a style colours, or gives its text back', () => {
  expect(createStyle(true).red('x')).toBe('\x1b[31mx\x1b[39m');
  expect(createStyle(false).red('x')).toBe('x');
  expect(createStyle(true).red('')).toBe('');
});
