import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Change } from './history.ts';

const nodeModules = fileURLToPath(new URL('../../node_modules', import.meta.url));

/** Packages that are mostly one program would make the tree large, and no tree of many files. */
const largestFileBytes = 20_000_000;

export interface DependencyTree {
  readonly files: readonly string[];
  readonly bytes: number;
  contents(): AsyncGenerator<Change>;
}

/** What this project depends on: packages in the order of their names, until so many bytes are together. */
export async function dependencyTree(bytesWanted: number): Promise<DependencyTree> {
  const files: string[] = [];
  let bytes = 0;
  for (const name of (await readdir(nodeModules)).sort()) {
    if (name.startsWith('.')) continue;
    for (const { path, sizeBytes } of await filesBelow(join(nodeModules, name))) {
      if (sizeBytes > largestFileBytes || bytes + sizeBytes > bytesWanted) continue;
      files.push(path);
      bytes += sizeBytes;
    }
  }
  return { files, bytes, contents: () => contents(files) };
}

async function filesBelow(directory: string) {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  // An attributes file would have git change the contents of others.
  const files = entries.filter((entry) => entry.isFile() && entry.name !== '.gitattributes');
  const paths = files.map((entry) => join(entry.parentPath, entry.name)).sort();
  return Promise.all(paths.map(async (path) => ({ path, sizeBytes: (await stat(path)).size })));
}

async function* contents(files: readonly string[]): AsyncGenerator<Change> {
  for (const path of files) {
    const executable = ((await stat(path)).mode & 0o100) !== 0;
    yield { path: `node_modules/${relative(nodeModules, path)}`, content: await readFile(path), executable };
  }
}
