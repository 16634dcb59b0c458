import { cp, mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseDocument } from 'yaml';
import { claim } from './claim.ts';
import { type Run, run } from './run.ts';

/** Where it happens: a scratch directory with a git repository and a deploy path, apart from the user's own files. */
export interface Stage extends AsyncDisposable {
  readonly root: string;
  /** The deploy path. */
  readonly server: string;
  /** Runs the real command line in the repository, to its end. */
  cutover(...args: readonly string[]): Promise<Run>;
  /** Changes files of the repository, by path to what becomes of their text, and commits. */
  commit(message: string, changes: Readonly<Record<string, (text: string) => string>>): Promise<void>;
}

export interface StageOptions {
  readonly keep: boolean;
  readonly signal: AbortSignal;
}

const project = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

export async function openStage({ keep, signal }: StageOptions): Promise<Stage> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'cutover-demo-')));
  const repository = join(root, 'repository');
  const server = join(root, 'server');
  const env = environment(root);
  const git = async (...args: readonly string[]): Promise<void> => {
    const { exitCode, stderr } = await run('git', args, { cwd: repository, env, signal });
    claim(`git ${args[0]} works`, exitCode === 0, stderr);
  };
  const commitAll = async (message: string) => {
    await git('add', '--all');
    await git('commit', '--quiet', '--message', message);
  };
  const stage: Stage = {
    root,
    server,
    cutover: (...args) =>
      run(process.execPath, [project('bin/cutover.js'), ...args], { cwd: repository, env, signal }),
    async commit(message, changes) {
      for (const [path, change] of Object.entries(changes)) {
        const file = join(repository, path);
        await writeFile(file, change(await readFile(file, 'utf8')));
      }
      await commitAll(message);
    },
    async [Symbol.asyncDispose]() {
      if (!keep) await rm(root, { recursive: true, force: true, maxRetries: 3 });
    },
  };
  try {
    await mkdir(env.TMPDIR);
    await cp(project('examples/static-site'), repository, { recursive: true });
    await putPath(join(repository, 'cutover.yaml'), server);
    await git('init', '--quiet', '--initial-branch', 'main');
    await commitAll('Forecast the weather');
    return stage;
  } catch (error) {
    await stage[Symbol.asyncDispose]();
    throw error;
  }
}

/** The configuration as it is, but for the deploy path. */
async function putPath(file: string, path: string): Promise<void> {
  const document = parseDocument(await readFile(file, 'utf8'));
  document.setIn(['environments', 'local', 'servers', 'web1', 'path'], path);
  await writeFile(file, document.toString());
}

/** Nothing of the user's: no git configuration, no state of other deployments, no temporary files elsewhere. */
function environment(root: string) {
  const name = 'Ada Demo';
  const email = 'ada@example.com';
  return {
    PATH: process.env.PATH,
    TMPDIR: join(root, 'tmp'),
    HOME: root,
    CUTOVER_STATE_DIR: join(root, 'state'),
    LC_ALL: 'C',
    NO_COLOR: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: name,
    GIT_AUTHOR_EMAIL: email,
    GIT_COMMITTER_NAME: name,
    GIT_COMMITTER_EMAIL: email,
  };
}
