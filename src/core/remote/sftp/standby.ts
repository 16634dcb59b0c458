import { randomBytes } from 'node:crypto';
import { inParallel } from './parallel.ts';
import type { Place } from './place.ts';
import { makeWithParents } from './tree.ts';

/**
 * Throws away what deployments by a shell have left for the next one (`remote/shell/standby.ts`): clones of the
 * deploy-cache as it is before this changes it, which nobody uses over SFTP. By a rename each, so that what a worker is
 * still making has no place any more.
 */
export async function disown(place: Place): Promise<void> {
  const { sftp, at } = place;
  const standbys = ((await sftp.list(at('.cutover', 'standby'))) ?? []).filter(
    ({ name }) => name !== 'wanted',
  );
  if (standbys.length === 0) return;
  await makeWithParents(place, at('.cutover', 'trash'), 0o700);
  const nonce = randomBytes(6).toString('hex');
  await inParallel(standbys, async ({ name }) => {
    const standby = at('.cutover', 'standby', name);
    await sftp.posixRename(standby, at('.cutover', 'trash', `${name}.${nonce}`)).catch(async (error) => {
      // A worker that has made nothing removes it when it ends.
      if ((await sftp.lstat(standby)) !== null) throw error;
    });
  });
}
