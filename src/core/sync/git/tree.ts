import type { RawPath } from '../exclusion.ts';
import { git, type Repository } from './command.ts';

/** One line of git-ls-tree(1). */
export interface TreeItem {
  readonly path: RawPath;
  readonly kind: 'file' | 'directory' | 'link' | 'submodule';
  readonly executable: boolean;
  /** The object's name. */
  readonly object: string;
  /** 0 for directories and submodules. */
  readonly sizeBytes: number;
}

/** Everything in a commit, parents before children. */
export async function listTree(
  repository: Repository,
  commit: string,
  signal: AbortSignal,
): Promise<readonly TreeItem[]> {
  const args = ['ls-tree', '-r', '-t', '-z', '-l', '--full-tree', commit];
  const listed = Buffer.from(await git(repository, args, { signal }));
  const items: TreeItem[] = [];
  for (let start = 0; start < listed.length; ) {
    const end = listed.indexOf(0, start);
    items.push(itemOf(listed.toString('latin1', start, end)));
    start = end + 1;
  }
  return items;
}

const KINDS: Readonly<Record<string, TreeItem['kind']>> = {
  '04': 'directory',
  '10': 'file',
  '12': 'link',
  '16': 'submodule',
};

/** `100644 blob 8baef1b4abc478178b004d62031cf7fe6db6f903      12<TAB>path` */
function itemOf(line: string): TreeItem {
  const tab = line.indexOf('\t');
  const [mode = '', , object = '', size = ''] = line.slice(0, tab).split(/ +/);
  return {
    path: line.slice(tab + 1),
    kind: KINDS[mode.slice(0, 2)] ?? 'submodule',
    executable: (Number.parseInt(mode, 8) & 0o100) !== 0,
    object,
    sizeBytes: size === '-' ? 0 : Number(size),
  };
}
