import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Manifest } from '../types.ts';
import { inScratch, observe } from './observe.ts';

/** A real repository in a scratch directory, without the settings of whoever runs the tests. */
export interface GitRepository {
  readonly path: string;
  git(...args: readonly string[]): string;
  /** Like `git`, with text for its stdin. */
  feed(input: string | Buffer, ...args: readonly string[]): string;
  /** Files of the work tree: a text, an executable text, or a link. */
  write(
    files: Readonly<Record<string, string | Buffer | { readonly run: string } | { readonly to: string }>>,
  ): void;
  /** Commits the whole work tree and gives the hash. */
  commit(message?: string): string;
  /** What git archive and tar make of a commit. */
  archived(commit: string): Promise<Manifest>;
}

export async function withRepository<Result>(
  action: (repository: GitRepository) => Promise<Result>,
): Promise<Result> {
  return inScratch(async (path) => {
    const repository = repositoryAt(path);
    repository.git('init', '-q', '-b', 'main');
    return action(repository);
  });
}

export function repositoryAt(path: string): GitRepository {
  const feed: GitRepository['feed'] = (input, ...args) =>
    execFileSync('git', [...args], { cwd: path, env: ENVIRONMENT, input, stdio: 'pipe' })
      .toString()
      .trim();
  const git: GitRepository['git'] = (...args) => feed('', ...args);
  return {
    path,
    git,
    feed,
    write: (files) => {
      for (const [name, content] of Object.entries(files)) writeOne(join(path, name), content);
    },
    commit: (message = 'a commit') => {
      git('add', '-A', '.');
      git('commit', '-q', '--allow-empty', '-m', message);
      return git('rev-parse', 'HEAD');
    },
    archived: (commit) =>
      inScratch(async (scratch) => {
        const tar = execFileSync('git', ['-c', 'tar.umask=022', 'archive', commit], {
          cwd: path,
          env: ENVIRONMENT,
          maxBuffer: 2 ** 28,
        });
        execFileSync('tar', ['-xp', '-C', scratch], { input: tar });
        return observe(scratch);
      }),
  };
}

export const ENVIRONMENT = {
  PATH: process.env.PATH,
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_SYSTEM: '/dev/null',
  GIT_AUTHOR_NAME: 'Ada Lovelace',
  GIT_AUTHOR_EMAIL: 'ada@example.com',
  GIT_COMMITTER_NAME: 'c',
  GIT_COMMITTER_EMAIL: 'c@example.com',
} as const;

function writeOne(path: string, content: string | Buffer | { run: string } | { to: string }): void {
  mkdirSync(dirname(path), { recursive: true });
  if (typeof content === 'string' || Buffer.isBuffer(content)) {
    writeFileSync(path, content);
  } else if ('run' in content) {
    writeFileSync(path, content.run);
    chmodSync(path, 0o755);
  } else {
    symlinkSync(content.to, path);
  }
}
