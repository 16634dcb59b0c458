import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Change } from './history.ts';

const nodeModules = fileURLToPath(new URL('../../node_modules', import.meta.url));

/** Larger ones are whole programs, which would leave no room for the many files. */
const largestFileBytes = 30_000_000;

export interface DependencyTree {
  readonly files: readonly string[];
  readonly bytes: number;
  contents(): AsyncGenerator<Change>;
  /** Ten files all over the tree, others in each generation. */
  tenChanged(generation: number): readonly Change[];
}

/** What this project depends on: packages in the order of their names, as much as so many bytes have room for. */
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
  return {
    files,
    bytes,
    contents: () => contents(files),
    tenChanged: (generation) =>
      Array.from({ length: 10 }, (_, nth) => {
        const index = (Math.floor((nth * files.length) / 10) + generation * 7) % files.length;
        const content = Buffer.from(`generation ${generation}\n`.repeat(200));
        return { path: pathOf(files[index]!), content };
      }),
  };
}

async function filesBelow(directory: string) {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  // An attributes file would have git change the contents of others.
  const files = entries.filter((entry) => entry.isFile() && entry.name !== '.gitattributes');
  const paths = files.map((entry) => join(entry.parentPath, entry.name)).sort();
  return Promise.all(paths.map(async (path) => ({ path, sizeBytes: (await stat(path)).size })));
}

function pathOf(file: string): string {
  return `node_modules/${relative(nodeModules, file)}`;
}

async function* contents(files: readonly string[]): AsyncGenerator<Change> {
  for (const path of files) {
    const executable = ((await stat(path)).mode & 0o100) !== 0;
    yield { path: pathOf(path), content: await readFile(path), executable };
  }
}
