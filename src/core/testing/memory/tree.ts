import { CutoverError } from '../../contract/index.ts';

/** What a name in a directory leads to. Two names of one file lead to the same object. */
export type Inode = FileInode | DirectoryInode | LinkInode;

export interface FileInode {
  readonly kind: 'file';
  mode: number;
  modifiedAtSec: number;
  data: Uint8Array;
}

export interface DirectoryInode {
  readonly kind: 'directory';
  mode: number;
  modifiedAtSec: number;
  readonly entries: Map<string, Inode>;
}

export interface LinkInode {
  readonly kind: 'link';
  readonly mode: number;
  modifiedAtSec: number;
  readonly target: string;
}

/** Where a path leads: the name may be free. */
export interface Place {
  /** Absolute, without links but perhaps the last one. */
  readonly path: string;
  readonly parent: DirectoryInode;
  readonly name: string;
  readonly inode: Inode | null;
}

/** Linux, path_resolution(7). */
const MOST_LINKS = 40;

/** For its owner, who everybody is here. */
const MAY_ENTER = 0o100;

/**
 * Null where a directory on the way is missing or none, or links lead in circles: OpenSSH's server says "no such file" of all
 * of them. Throws `E_REMOTE` where one may not be entered.
 */
export function placeOf(root: DirectoryInode, path: string, followLast: boolean): Place | null {
  const left = path.split('/').filter((part) => part !== '' && part !== '.');
  const above: { readonly name: string; readonly inode: DirectoryInode }[] = [{ name: '', inode: root }];
  for (let links = 0; ; ) {
    const name = left.shift();
    const parent = above.at(-1)!.inode;
    if (name !== undefined && (parent.mode & MAY_ENTER) === 0) throw refusal(path, 'permission denied');
    if (name === undefined) return placeAt(above, root);
    if (name === '..') {
      if (above.length > 1) above.pop();
      continue;
    }
    const inode = parent.entries.get(name) ?? null;
    const isLast = left.length === 0;
    if (inode?.kind === 'link' && (!isLast || followLast)) {
      links += 1;
      if (links > MOST_LINKS) return null;
      if (inode.target.startsWith('/')) above.length = 1;
      left.unshift(...inode.target.split('/').filter((part) => part !== '' && part !== '.'));
      continue;
    }
    if (isLast) return { path: pathTo(above, name), parent, name, inode };
    if (inode === null) return null;
    if (inode.kind !== 'directory') return null;
    above.push({ name, inode });
  }
}

export function refusal(path: string, why: string): CutoverError {
  return new CutoverError('E_REMOTE', `${path}: ${why}`);
}

type Above = readonly { readonly name: string; readonly inode: DirectoryInode }[];

/** The path ended at a directory that was gone into: at the root, or behind `..`. */
function placeAt(above: Above, root: DirectoryInode): Place {
  const { name, inode } = above.at(-1)!;
  const parent = above.at(-2)?.inode ?? root;
  return { path: pathTo(above.slice(0, -1), name), parent, name, inode };
}

function pathTo(above: Above, name: string): string {
  return `${above
    .map((each) => each.name)
    .concat(name)
    .join('/')}`.replace(/^\/*/, '/');
}
