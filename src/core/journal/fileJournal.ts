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
  /** The last line may not be whole: the next one then starts with an end of its own. */
  let torn = text !== '' && !text.endsWith('\n');
  let last: Promise<unknown> = Promise.resolve();
  return {
    facts: () => facts,
    append(newFact) {
      const fact = { at: now().toISOString(), ...newFact } as Fact;
      const write = last.then(async () => {
        const line = `${torn ? '\n' : ''}${JSON.stringify(brief(fact))}\n`;
        torn = true;
        await file.appendFile(line);
        await file.datasync();
        torn = false;
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

/** What a plan does to each file is told as it is opened, and nobody looks for it here: there may be very many. */
function brief(fact: Fact): Fact {
  if (fact.type !== 'opened') return fact;
  const servers = fact.plan.servers.map((server) => ({ ...server, files: [] }));
  return { ...fact, plan: { ...fact.plan, servers } };
}

function readFacts(text: string): Fact[] {
  return text.split('\n').flatMap((line) => {
    const fact = readLine(line);
    return fact === null ? [] : [fact];
  });
}

function readLine(line: string): Fact | null {
  try {
    const fact = JSON.parse(line) as Fact;
    return typeof fact.at === 'string' && typeof fact.type === 'string' ? fact : null;
  } catch {
    return null;
  }
}
