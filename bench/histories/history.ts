import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { program } from '../program.ts';

export type Change =
  | { readonly path: string; readonly content: Uint8Array; readonly executable?: boolean }
  | { readonly from: string; readonly to: string };

/** A bare repository whose branch `main` moves on, one commit at a time. */
export interface History {
  readonly repository: string;
  /** A commit without files. */
  readonly emptyCommit: string;
  head(): string;
  commit(changes: Iterable<Change> | AsyncIterable<Change>): Promise<string>;
}

/** `compression`: of git's objects, as in `core.compression`. */
export async function createHistory(directory: string, compression: number): Promise<History> {
  const repository = join(directory, 'origin.git');
  await program(['git', 'init', '--quiet', '--bare', '--initial-branch', 'main', repository]);
  await git(repository, 'config', 'core.compression', String(compression));
  const emptyCommit = await importCommit(repository, []);
  let head = emptyCommit;
  return {
    repository,
    emptyCommit,
    head: () => head,
    async commit(changes) {
      head = await importCommit(repository, changes);
      return head;
    },
  };
}

/** A clone that shares the objects, with nothing checked out. */
export async function cloneOf(history: History, path: string): Promise<string> {
  await program(['git', 'clone', '--quiet', '--shared', '--no-checkout', history.repository, path]);
  await git(path, 'checkout', '--quiet', history.emptyCommit);
  return path;
}

export async function git(repository: string, ...args: readonly string[]): Promise<string> {
  return (await program(['git', '-C', repository, ...args])).output.trim();
}

async function importCommit(
  repository: string,
  changes: Iterable<Change> | AsyncIterable<Change>,
): Promise<string> {
  const child = spawn('git', ['-C', repository, 'fast-import', '--quiet', '--depth=0'], {
    stdio: ['pipe', 'inherit', 'inherit'],
  });
  const ended = once(child, 'exit');
  const write = async (piece: string | Uint8Array): Promise<void> => {
    if (!child.stdin.write(piece)) await once(child.stdin, 'drain');
  };
  await write(
    'commit refs/heads/main\ncommitter Bench <bench@example.com> 1700000000 +0000\ndata 7\nchange\n\n',
  );
  if (await hasMain(repository)) await write('from refs/heads/main^0\n');
  for await (const change of changes) {
    if ('from' in change) {
      await write(`R ${change.from} ${change.to}\n`);
      continue;
    }
    const mode = change.executable ? '100755' : '100644';
    await write(`M ${mode} inline ${change.path}\ndata ${change.content.length}\n`);
    await write(change.content);
    await write('\n');
  }
  child.stdin.end('done\n');
  const [exitCode] = await ended;
  if (exitCode !== 0) throw new Error(`git fast-import ended with ${exitCode}`);
  return git(repository, 'rev-parse', 'refs/heads/main');
}

async function hasMain(repository: string): Promise<boolean> {
  return (await git(repository, 'for-each-ref', 'refs/heads/main')) !== '';
}
