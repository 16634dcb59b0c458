import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Fetched, SourceRequest } from '../../contract/index.ts';
import { createWorld, type WorldOptions } from './world.ts';

type Files = Readonly<Record<string, string>>;

/** Versions by name, of which the newest is asked for by null, and what was asked. */
export function archive(versions: Readonly<Record<string, Files>>) {
  const asked: { readonly ref: string | null; readonly directory: string; readonly found: string[] }[] = [];
  return {
    asked,
    versions: new Map(Object.entries(versions)),
    async fetch({ ref, directory }: SourceRequest): Promise<Fetched> {
      asked.push({ ref, directory, found: await readdir(directory) });
      const revision = ref ?? [...this.versions.keys()].at(-1)!;
      const files = this.versions.get(revision);
      if (files === undefined) throw new Error(`there is no ${revision}`);
      for (const name of await readdir(directory)) await rm(join(directory, name), { recursive: true });
      for (const [name, text] of Object.entries(files)) {
        await mkdir(dirname(join(directory, name)), { recursive: true });
        await writeFile(join(directory, name), text);
      }
      return { revision, message: 'First line\nand more', author: 'Ada' };
    },
  };
}

export const ONE = { 'index.html': 'one', 'in/kept': 'k' };
export const TWO = { 'index.html': 'two', 'in/kept': 'k' };
export const ENVIRONMENT = { environment: 'production', servers: [], lockWaitMs: 0 };
export const REQUEST = { ...ENVIRONMENT, ref: null, full: false, unpin: false, saved: null };

export const worldOf = (from: ReturnType<typeof archive>, options: WorldOptions = {}) =>
  createWorld({ servers: ['web1'], ...options, fetch: (request) => from.fetch(request) });
