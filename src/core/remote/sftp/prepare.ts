import { CutoverError } from '../../contract/index.ts';
import { inParallel } from './parallel.ts';
import type { Place } from './place.ts';
import { isSpare } from './spare.ts';
import { disown } from './standby.ts';
import { makeDirectory, removeTrees } from './tree.ts';

const SWEPT = ['build', 'incoming', 'trash', 'tmp'];

/**
 * Makes what is missing, sweeps what a dead run left behind (the lock is ours), and proves that the server renames a
 * link over another in one step.
 */
export async function prepare(place: Place): Promise<void> {
  const { at } = place;
  await Promise.all([
    makeDirectory(place, at('releases'), 0o755),
    makeDirectory(place, at('shared'), 0o755),
    makeDirectory(place, at('.cutover', 'runs'), 0o700),
    ...SWEPT.map((name) => sweep(place, at('.cutover', name))),
  ]);
  await Promise.all([disown(place), proveRename(place)]);
}

/** Leaves an empty directory, but for what the next release begins with. */
async function sweep(place: Place, directory: string): Promise<void> {
  const { sftp } = place;
  const stat = await sftp.lstat(directory);
  if (stat?.kind === 'directory') {
    const left = ((await sftp.list(directory)) ?? []).filter(({ name }) => !isSpare(name));
    await removeTrees(
      place,
      left.map(({ name }) => `${directory}/${name}`),
    );
    return;
  }
  if (stat !== null) await sftp.unlink(directory);
  await sftp.mkdir(directory, 0o700);
}

async function proveRename({ server, sftp, at }: Place): Promise<void> {
  const trial = (name: string) => at('.cutover', 'tmp', name);
  await sftp.mkdir(trial('old'), 0o700);
  await inParallel(['old', 'new'], (name) => sftp.symlink(name, trial(`to-${name}`)));
  await sftp.posixRename(trial('to-new'), trial('to-old'));
  const [text, left, inside] = await Promise.all([
    sftp.readlink(trial('to-old')),
    sftp.lstat(trial('to-new')),
    sftp.list(trial('old')),
  ]);
  if (text !== 'new' || left !== null || inside?.length !== 0)
    throw new CutoverError(
      'E_CAPABILITY',
      `${server}: the server's posix-rename@openssh.com does not rename a link over another.`,
      { server, hint: 'Use a server with OpenSSH’s sftp-server or internal-sftp, or a login with a shell.' },
    );
  await Promise.all([sftp.unlink(trial('to-old')), sftp.rmdir(trial('old'))]);
}
