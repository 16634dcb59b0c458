import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { tidied } from './tidied.ts';

/** `trace`: also what only a change leaves behind: inodes, and the times of content and of inode, in nanoseconds. */
export type ListingKind = 'content' | 'trace';

/**
 * Everything below a path, one line each, so that two states can be compared. The times of reading do not count. In a
 * deploy path, once it is tidied.
 */
export async function listing(path: string, kind: ListingKind = 'content'): Promise<readonly string[]> {
  if (existsSync(join(path, '.cutover/standby'))) await tidied(path);
  const lines: string[] = [];
  const visit = async (at: string, name: string): Promise<void> => {
    const stat = await lstat(at, { bigint: true });
    const mode = (Number(stat.mode) & 0o7777).toString(8);
    const traces = kind === 'trace' ? [stat.ino, stat.mtimeNs, stat.ctimeNs] : [];
    const what = stat.isSymbolicLink()
      ? ['link', `-> ${await readlink(at)}`]
      : stat.isDirectory()
        ? ['directory', mode]
        : ['file', mode, sha256(await readFile(at))];
    lines.push([name, ...what, ...traces].join(' '));
    if (!stat.isDirectory()) return;
    for (const each of (await readdir(at)).sort()) await visit(join(at, each), `${name}/${each}`);
  };
  await visit(path, '.');
  return lines;
}

function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex').slice(0, 12);
}
