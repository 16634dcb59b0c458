import { CutoverError } from '../../contract/index.ts';
import type { MarkName } from '../marks.ts';
import { type Place, writeText } from './place.ts';
import { makeDirectory, makeWithParents } from './tree.ts';

/** A mark can stand where nothing was ever deployed. `nonce` is a name that nobody else uses. */
export async function setMark(place: Place, name: MarkName, text: string, nonce: string): Promise<void> {
  const { sftp, path, server, at } = place;
  await makeWithParents(place, path);
  if ((await sftp.lstat(at('.cutover')))?.kind === 'link')
    throw new CutoverError('E_REFUSED', `${server}: .cutover is a symbolic link`, { server });
  await makeDirectory(place, at('.cutover'), 0o700);
  const next = at('.cutover', `${name}.${nonce}`);
  // Of an attempt before, whose line was lost.
  await sftp.unlink(next);
  await writeText(place, next, `${text}\n`);
  await sftp.posixRename(next, at('.cutover', name));
}

export async function clearMark({ sftp, at }: Place, name: MarkName): Promise<void> {
  await sftp.unlink(at('.cutover', name));
}
