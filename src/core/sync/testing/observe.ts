import { lstat, mkdtemp, readdir, readFile, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FileContent, Manifest, ManifestEntry } from '../types.ts';
import { directory, file, link, manifest } from './entries.ts';

/** What is on disk, found without the code under test. Modes are as they are. */
export async function observe(root: string, below = ''): Promise<Manifest> {
  const found: ManifestEntry[] = [];
  for (const name of await readdir(join(root, below))) {
    const path = join(below, name);
    const stat = await lstat(join(root, path));
    const mode = stat.mode & 0o7777;
    if (stat.isSymbolicLink()) found.push(link(path, await readlink(join(root, path))));
    else if (stat.isDirectory()) found.push({ ...directory(path), mode }, ...(await observe(root, path)));
    else found.push({ ...file(path, await readFile(join(root, path))), mode });
  }
  return manifest(...found);
}

/** Calls the action with a new directory, and removes that at the end. */
export async function inScratch<Result>(action: (scratch: string) => Promise<Result>): Promise<Result> {
  const scratch = await mkdtemp(join(tmpdir(), 'cutover-sync-'));
  try {
    return await action(scratch);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Path and content of each file, in the order in which they came. */
export async function drain(contents: AsyncIterable<FileContent>): Promise<[string, Buffer][]> {
  const found: [string, Buffer][] = [];
  for await (const { entry, chunks } of contents) found.push([entry.path, await joined(chunks)]);
  return found;
}

export async function joined(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts);
}

export const paths = (tree: Manifest): readonly string[] => tree.map((entry) => entry.path);

export const never = new AbortController().signal;
