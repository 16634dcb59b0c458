import { CutoverError } from '../../contract/index.ts';
import { inParallel } from './parallel.ts';
import type { Place } from './place.ts';
import { isSpare } from './spare.ts';
import { makeDirectories, removeTrees } from './tree.ts';

const SWEPT = ['build', 'incoming', 'trash', 'tmp'];

/** What a dead run left, except what the next release begins with. */
async function sweepable({ sftp, at }: Place): Promise<readonly string[]> {
  const trash = ((await sftp.list(at('.cutover', 'trash'))) ?? []).filter(({ name }) => !isSpare(name));
  return [
    ...SWEPT.filter((name) => name !== 'trash').map((name) => at('.cutover', name)),
    ...trash.map(({ name }) => at('.cutover', 'trash', name)),
  ];
}

/**
 * Makes what is missing, sweeps what a dead run left behind (the lock is ours), and proves that the server renames a
 * link over another in one step.
 */
export async function prepare(place: Place): Promise<void> {
  const { at } = place;
  await makeDirectories(place, [at('releases'), at('shared')]);
  if ((await place.sftp.lstat(at('.cutover', 'trash')))?.kind === 'link')
    await place.sftp.unlink(at('.cutover', 'trash'));
  await removeTrees(place, await sweepable(place));
  await makeDirectories(
    place,
    [...SWEPT, 'runs'].map((name) => at('.cutover', name)),
    0o700,
  );
  await proveRename(place);
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
  await sftp.unlink(trial('to-old'));
  await sftp.rmdir(trial('old'));
}
