import { directorySnapshot } from '../../src/core/sync/directory/snapshot.ts';
import { openSource } from '../../src/core/sync/source.ts';
import type { Part } from '../scenarios/micro.ts';

const signal = new AbortController().signal;

export function scanningDirectory(directory: string, cacheDirectory: string): readonly Part[] {
  const config = { type: 'directory', directory, exclude: ['/.git'] } as const;
  const scan = async (cache: string | null) =>
    (await directorySnapshot(config, { signal, cacheDirectory: cache })).manifest(signal);
  const shell = (script: string) => ['sh', '-c', script, 'sh', directory];
  const find = 'find "$1" -path "$1/.git" -prune -o -type f';
  return [
    {
      name: 'scan a directory, every file read',
      run: () => scan(null),
      peer: { name: 'find and sha256sum', argv: shell(`${find} -print0 | xargs -0 sha256sum >/dev/null`) },
    },
    {
      name: 'scan a directory, nothing changed since the last scan',
      run: () => scan(cacheDirectory),
      peer: { name: 'git status', argv: ['git', '-C', directory, 'status', '--porcelain'] },
    },
  ];
}

/** Between two commits, and the whole of the second. */
export function scanningGit(repository: string, from: string, to: string): readonly Part[] {
  const source = openSource({ type: 'git', repository, subdirectory: null, exclude: [] });
  const snapshot = (ref: string) => source.snapshot({ ref, signal });
  const git = (script: string) => ['sh', '-c', script, 'sh', repository];
  return [
    {
      name: 'the manifest of a commit',
      run: async () => (await snapshot(to)).manifest(signal),
      peer: {
        name: 'git ls-tree and cat-file --batch',
        argv: git(
          'cd "$1" && git ls-tree -r --format="%(objectname)" main | git cat-file --batch --buffer >/dev/null',
        ),
      },
    },
    {
      name: 'what ten changed files changed, from two commits',
      run: async () => (await snapshot(to)).changesSince((await snapshot(from)).state, signal),
      peer: { name: 'git diff-tree', argv: ['git', '-C', repository, 'diff-tree', '-r', from, to] },
    },
  ];
}
