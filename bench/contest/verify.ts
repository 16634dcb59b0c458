import { createHash } from 'node:crypto';
import { git } from '../histories/history.ts';
import type { Place } from '../peers/peer.ts';
import { asRoot } from '../server.ts';

/** Of the contents of all files below a link, in the order of their names, without Capistrano's note of the commit. */
const listing = `cd "$1" && find . -type f ! -path ./REVISION -print0 | LC_ALL=C sort -z |
xargs -0 git hash-object --no-filters | sha256sum | cut -d ' ' -f 1`;

/** Compares the contents of all files that are live with those of the head of the history. Throws when they differ. */
export async function assertDeployed(place: Place, current: string): Promise<void> {
  const { history, server, deployPath } = place;
  const live = await asRoot(server, ['sh', '-c', listing, 'sh', `${deployPath}/${current}`]);
  if (live.trim() === (await expected(history.repository, history.head()))) return;
  throw new Error('what is live is not the commit: it has other files');
}

async function expected(repository: string, commit: string): Promise<string> {
  const text = await git(repository, 'ls-tree', '-r', '--format=%(objectname)', commit);
  return createHash('sha256').update(`${text}\n`).digest('hex');
}
