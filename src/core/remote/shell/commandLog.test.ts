import { expect, test } from 'vitest';
import { commandLog } from './commandLog.ts';

/** A reader who takes what was told when `take` is called. */
function slowReader() {
  const lines: string[] = [];
  let reading: PromiseWithResolvers<void> | null = null;
  const log = commandLog(
    (line) => {
      lines.push(line);
      reading ??= Promise.withResolvers();
    },
    () => reading?.promise ?? null,
  );
  const take = async () => {
    reading?.resolve();
    reading = null;
    await new Promise(setImmediate);
  };
  return { log, lines, take };
}

const LINES = Buffer.from('a line\n'.repeat(4000));

test('bytes wait for a reader who is behind, and are counted all the same', async () => {
  const { log, lines, take } = slowReader();
  log.push(LINES);
  log.push(Buffer.from('last\n'));
  const first = lines.length;
  expect(first).toBeLessThan(700);
  expect(log.offset()).toBe(28_005);
  expect(log.settled()).not.toBeNull();
  await take();
  expect(lines.length).toBeGreaterThan(first);
  expect(lines.length).toBeLessThan(1400);
  while (log.settled() !== null) await take();
  expect(lines).toHaveLength(4001);
  expect(log.lastLine()).toBe('last');
});

test('where nobody is behind all is handed on at once', () => {
  const lines: string[] = [];
  const log = commandLog((line) => lines.push(line));
  log.push(LINES);
  expect(lines).toHaveLength(4000);
  expect(log.settled()).toBeNull();
});

test('the end waits for nobody, and nothing is told twice', async () => {
  const { log, lines, take } = slowReader();
  log.push(LINES);
  log.push(Buffer.from('no end'));
  log.end();
  expect(lines).toHaveLength(4001);
  expect(lines.at(-1)).toBe('no end');
  await take();
  expect(log.settled()).toBeNull();
  expect(lines).toHaveLength(4001);
});
