import { appendFile, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { scratch } from '../testing/scratch.ts';
import type { NewFact } from './facts.ts';
import { openFileJournal } from './fileJournal.ts';
import { watchedJournal } from './watched.ts';

const now = () => new Date('2026-11-21T19:38:11Z');
const begun = (server: string): NewFact => ({ type: 'step.begun', server, step: 'prepare' });
const lineOf = (server: string) =>
  `${JSON.stringify({ at: '2026-11-21T19:38:11.000Z', ...begun(server) })}\n`;

async function newPath(): Promise<string> {
  return join(await scratch(), 'journals', 'shop', 'one.jsonl');
}

test('facts are lines in the order of the calls, each on disk when append resolves', async () => {
  const path = await newPath();
  const journal = await openFileJournal(path, now);
  const first = await journal.append(begun('a'));
  expect(first).toEqual({ at: '2026-11-21T19:38:11.000Z', ...begun('a') });
  expect(await readFile(path, 'utf8')).toBe(lineOf('a'));
  await Promise.all(['b', 'c', 'd'].map((server) => journal.append(begun(server))));
  expect(await readFile(path, 'utf8')).toBe(['a', 'b', 'c', 'd'].map(lineOf).join(''));
  expect(journal.facts()).toHaveLength(4);
  await journal.close();
});

test('a journal is for its owner alone', async () => {
  const path = await newPath();
  await (await openFileJournal(path, now)).close();
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect((await stat(join(path, '..'))).mode & 0o777).toBe(0o700);
});

test('another life reads what the first one wrote, and goes on behind it', async () => {
  const path = await newPath();
  const first = await openFileJournal(path, now);
  await first.append(begun('a'));
  await first.close();
  const second = await openFileJournal(path, now);
  expect(second.facts()).toMatchObject([begun('a')]);
  await second.append(begun('b'));
  await second.close();
  expect(await readFile(path, 'utf8')).toBe(lineOf('a') + lineOf('b'));
});

test('a last line that was torn is closed off, and costs nothing but itself', async () => {
  const path = await newPath();
  const first = await openFileJournal(path, now);
  await first.append(begun('a'));
  await first.close();
  await appendFile(path, '{"at":"2026","type":"step.do');
  const second = await openFileJournal(path, now);
  expect(second.facts()).toMatchObject([begun('a')]);
  await second.append(begun('b'));
  await second.close();
  const third = await openFileJournal(path, now);
  expect(third.facts()).toMatchObject([begun('a'), begun('b')]);
  await third.close();
});

test('what is no fact is passed over', async () => {
  const path = await newPath();
  await (await openFileJournal(path, now)).close();
  await writeFile(path, `null\n7\n[]\n"x"\n{}\n${lineOf('a')}`);
  const journal = await openFileJournal(path, now);
  expect(journal.facts()).toMatchObject([begun('a')]);
  await journal.close();
});

test('a fact that cannot be written fails its caller, and is not among the facts', async () => {
  const path = await newPath();
  const journal = await openFileJournal(path, now);
  await journal.append(begun('a'));
  await journal.close();
  await expect(journal.append(begun('b'))).rejects.toThrow();
  expect(journal.facts()).toHaveLength(1);
});

test('a line that was torn by a full disk does not swallow the one behind it', async () => {
  const fs = await import('node:fs/promises');
  const path = await newPath();
  const journal = await openFileJournal(path, now);
  const handle = await fs.open(path, 'r');
  const prototype = Object.getPrototypeOf(handle) as typeof handle;
  await handle.close();
  const write = prototype.appendFile;
  const torn = vi.spyOn(prototype, 'appendFile').mockImplementationOnce(async function (
    this: typeof handle,
    data,
  ) {
    await write.call(this, String(data).slice(0, 20));
    throw new Error('ENOSPC: no space left on device');
  });
  const [lost, kept] = await Promise.allSettled([journal.append(begun('a')), journal.append(begun('b'))]);
  torn.mockRestore();
  expect([lost.status, kept.status]).toEqual(['rejected', 'fulfilled']);
  await journal.close();
  const again = await openFileJournal(path, now);
  expect(again.facts()).toMatchObject([begun('b')]);
  await again.close();
});

test('whoever watches hears of a fact once it is durable', async () => {
  const path = await newPath();
  const heard: string[] = [];
  const file = await openFileJournal(path, now);
  const journal = watchedJournal(file, (event) => heard.push(`${event.type} ${journal.facts().length}`));
  await journal.append(begun('a'));
  expect(heard).toEqual(['step.begun 1']);
  await file.close();
  await expect(journal.append(begun('b'))).rejects.toThrow();
  expect(heard).toHaveLength(1);
});
