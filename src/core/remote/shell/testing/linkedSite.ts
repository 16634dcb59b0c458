import { lstat, readFile } from 'node:fs/promises';

export const A = '20260101000001';
export const B = '20260101000002';
export const TREE = { 'index.html': 'one', 'a b/it\'s "x" é': 'odd', '-rf': 'dash', empty: '', other: '' };

/** What users see of a file: content, mode and time. */
export async function seen(path: string): Promise<readonly unknown[]> {
  const { mode, mtimeMs } = await lstat(path);
  return [await readFile(path, 'utf8').catch(() => 'unreadable'), (mode & 0o7777).toString(8), mtimeMs];
}
