import { hash, randomUUID } from 'node:crypto';
import { lstatSync, readFileSync } from 'node:fs';
import { lstat, mkdir, readdir, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StatTable } from './statTable.ts';
import { formatStatTable, parseStatTable } from './statTableFile.ts';

/**
 * Where tables stand between two deployments: a file for each, in a directory of the user's. It only saves work: what
 * cannot be read, or is damaged, is as if it were not there, and what cannot be written is not.
 */
export interface StatTableStore {
  load(): StatTable | null;
  /** Replaces the file as a whole; of several at a time one wins. Null: what stands there was used again. */
  save(table: StatTable | null): Promise<void>;
}

/** `about`: what the table is of, any text. */
export function statTableStore(directory: string, about: string): StatTableStore {
  const path = join(directory, `${hash('sha256', about).slice(0, 32)}${ENDING}`);
  return {
    load: () => ignoring(() => load(path, about)),
    save: async (table) => {
      const saving = table === null ? markUsed(path) : save(directory, path, formatStatTable(table, about));
      await saving.catch(() => null);
    },
  };
}

const ENDING = '.stat';
const OURS = /^[0-9a-f]{32}\.stat(\..+\.new)?$/;
/** The others, least recently used, are removed. */
const MOST_TABLES = 16;
/** More than the largest table can have. */
const MOST_BYTES = 2 ** 28 + 2 ** 26;

function ignoring<Result>(action: () => Result): Result | null {
  try {
    return action();
  } catch {
    return null;
  }
}

function load(path: string, about: string): StatTable | null {
  const found = lstatSync(path);
  return found.isFile() && found.size <= MOST_BYTES ? parseStatTable(readFileSync(path), about) : null;
}

async function save(directory: string, path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const temporary = `${path}.${randomUUID()}.new`;
  try {
    await writeFile(temporary, bytes, { mode: 0o600, flag: 'wx' });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await removeOldest(directory);
}

async function markUsed(path: string): Promise<void> {
  const now = new Date();
  await utimes(path, now, now);
}

/** Also what a program that died while it was writing has left, in its time. */
async function removeOldest(directory: string): Promise<void> {
  const names = (await readdir(directory)).filter((name) => OURS.test(name));
  if (names.length <= MOST_TABLES) return;
  const paths = names.map((name) => join(directory, name));
  const used = await Promise.all(
    paths.map(async (path) => ({ path, mtimeMs: (await lstat(path).catch(() => GONE)).mtimeMs })),
  );
  const oldest = used.sort((a, b) => b.mtimeMs - a.mtimeMs).slice(MOST_TABLES);
  await Promise.all(oldest.map(({ path }) => rm(path, { force: true })));
}

const GONE = { mtimeMs: 0 };
