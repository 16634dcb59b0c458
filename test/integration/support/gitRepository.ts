import { chmod, mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';

/** Path to content. Directories follow from the paths. */
export type Tree = Readonly<Record<string, string | Uint8Array | ExecutableFile | Link>>;

export interface ExecutableFile {
  readonly executable: string | Uint8Array;
}

export interface Link {
  readonly link: string;
}

export interface GitRepository {
  readonly path: string;
  /** Runs git in the repository and gives its output. Rejects when it fails. */
  git(...args: readonly string[]): Promise<string>;
  /** Makes the work tree exactly `tree`, commits it and gives the commit's full hash. */
  commit(tree: Tree, message?: string): Promise<string>;
  /** Commits the work tree as it is. */
  commitAll(message?: string): Promise<string>;
}

/** Makes a repository in the directory `path`, on the branch `main`, apart from the user's git configuration. */
export async function createGitRepository(path: string): Promise<GitRepository> {
  const git = async (...args: readonly string[]): Promise<string> => {
    const { stdout } = await execa('git', args, { cwd: path, env: isolated, extendEnv: false });
    return stdout;
  };
  const commitAll = async (message = 'Change the tree'): Promise<string> => {
    await git('add', '--all', '--force');
    await git('commit', '--quiet', '--allow-empty', '--message', message);
    return git('rev-parse', 'HEAD');
  };
  const commit = async (tree: Tree, message?: string): Promise<string> => {
    await clear(path);
    await writeTree(path, tree);
    return commitAll(message);
  };
  await mkdir(path, { recursive: true });
  await git('init', '--quiet', '--initial-branch', 'main');
  return { path, git, commit, commitAll };
}

/** Writes the tree below the directory `root`, next to what is there. */
export async function writeTree(root: string, tree: Tree): Promise<void> {
  for (const [name, entry] of Object.entries(tree)) {
    const path = join(root, name);
    await mkdir(dirname(path), { recursive: true });
    if (typeof entry === 'string' || entry instanceof Uint8Array) {
      await writeFile(path, entry, { mode: 0o644 });
    } else if ('link' in entry) {
      await symlink(entry.link, path);
    } else {
      await writeFile(path, entry.executable);
      await chmod(path, 0o755);
    }
  }
}

async function clear(path: string): Promise<void> {
  const names = (await readdir(path)).filter((name) => name !== '.git');
  await Promise.all(names.map((name) => rm(join(path, name), { recursive: true, force: true })));
}

const isolated = {
  PATH: process.env.PATH ?? '',
  HOME: '/nonexistent',
  LANG: 'C.UTF-8',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'Ada Author',
  GIT_AUTHOR_EMAIL: 'ada@example.com',
  GIT_COMMITTER_NAME: 'Carl Committer',
  GIT_COMMITTER_EMAIL: 'carl@example.com',
};
