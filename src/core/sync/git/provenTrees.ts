import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The names of trees of which something has been found out, which therefore holds for ever. */
export interface Provenance {
  has(tree: string): Promise<boolean>;
  /** The newest first. */
  newest(): Promise<readonly string[]>;
  add(tree: string): Promise<void>;
}

/** Kept in a file of this directory, for the runs to come; null: not kept. Without that file everything is found out anew. */
export function provenTrees(directory: string | null): Provenance {
  const file = directory === null ? null : join(directory, FILE);
  let known: readonly string[] | null = null;

  async function read(): Promise<readonly string[]> {
    const text = file === null ? '' : await readFile(file, 'latin1').catch(() => '');
    return text.split('\n').filter((line) => /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(line));
  }

  async function all(): Promise<readonly string[]> {
    known ??= await read();
    return known;
  }

  return {
    has: async (tree) => (await all()).includes(tree),
    newest: all,
    add: async (tree) => {
      // What other runs have written meanwhile is kept.
      known = [tree, ...(await read()).filter((other) => other !== tree)].slice(0, MOST);
      if (directory !== null && file !== null) await replace(directory, file, `${known.join('\n')}\n`);
    },
  };
}

const FILE = 'git-steady-1';
const MOST = 100;

/** Only spares work: where it cannot be written, nothing is lost. */
async function replace(directory: string, file: string, text: string): Promise<void> {
  const next = `${file}.${process.pid}`;
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await writeFile(next, text, { mode: 0o600 });
    await rename(next, file);
  } catch {
    await rm(next, { force: true }).catch(() => undefined);
  }
}
