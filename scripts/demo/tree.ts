import { readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';

export interface TreeOptions {
  /** How many levels below the top are listed. */
  readonly depth: number;
  /** What there is to say of a path, relative to the top. */
  readonly notes: Readonly<Record<string, string>>;
}

/** A directory as people draw it, a line for each entry, links with their text. */
export async function drawTree(top: string, { depth, notes }: TreeOptions): Promise<readonly string[]> {
  return below('', '', depth);

  async function below(path: string, indent: string, left: number): Promise<readonly string[]> {
    const entries = (await readdir(join(top, path), { withFileTypes: true })).sort((a, b) =>
      a.name < b.name ? -1 : 1,
    );
    const parts = entries.map(async (entry, index) => {
      const child = path === '' ? entry.name : `${path}/${entry.name}`;
      const isLast = index === entries.length - 1;
      const link = entry.isSymbolicLink() ? ` -> ${await readlink(join(top, child))}` : '';
      const note = notes[child] === undefined ? '' : `  (${notes[child]})`;
      const line = `${indent}${isLast ? '└── ' : '├── '}${entry.name}${entry.isDirectory() ? '/' : ''}${link}${note}`;
      const isOpen = entry.isDirectory() && left > 1 && child !== '.cutover';
      return isOpen ? [line, ...(await below(child, indent + (isLast ? '    ' : '│   '), left - 1))] : [line];
    });
    return (await Promise.all(parts)).flat();
  }
}
