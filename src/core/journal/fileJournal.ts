import { mkdir, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Fact } from './facts.ts';
import type { Journal } from './journal.ts';

/**
 * A journal on disk: a JSON object a line, only ever appended to, each synced before `append` resolves. A last line
 * that a crash tore is passed over and closed off.
 */
export async function openFileJournal(
  path: string,
  now: () => Date,
): Promise<Journal & { close(): Promise<void> }> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const facts = readFacts(text);
  const file = await open(path, 'a', 0o600);
  if (text !== '' && !text.endsWith('\n')) await file.appendFile('\n');
  let last: Promise<unknown> = Promise.resolve();
  return {
    facts: () => facts,
    append(newFact) {
      const fact = { at: now().toISOString(), ...newFact } as Fact;
      const write = last.then(async () => {
        await file.appendFile(`${JSON.stringify(fact)}\n`);
        await file.datasync();
        facts.push(fact);
        return fact;
      });
      // One that failed fails its caller; those behind it are tried all the same.
      last = write.catch(() => {});
      return write;
    },
    async close() {
      await last;
      await file.close();
    },
  };
}

function readFacts(text: string): Fact[] {
  return text.split('\n').flatMap((line) => {
    try {
      return [JSON.parse(line) as Fact];
    } catch {
      return [];
    }
  });
}
