import { randomBytes } from 'node:crypto';
import type { Sftp } from '../../contract/index.ts';
import { open, type TransportPlace } from './place.ts';

export interface OwnDirectory extends AsyncDisposable {
  readonly path: string;
  readonly sftp: Sftp;
  /** A path in it. */
  readonly at: (name: string) => string;
  readonly remove: () => Promise<void>;
}

/** A new directory on the server, over a connection of its own; goes with all that is in it. */
export async function ownDirectory(place: TransportPlace): Promise<OwnDirectory> {
  const top = place.directory?.();
  if (top === undefined) throw new Error('A place with sftp has to name a directory.');
  const path = `${top}/rules-${randomBytes(6).toString('hex')}`;
  const opened = await open(place);
  const sftp = await opened.sftp();
  await sftp.mkdir(path, 0o755);
  const remove = async () => {
    await using again = await open(place);
    await removeTree(await again.sftp(), path);
  };
  return {
    path,
    sftp,
    at: (name) => `${path}/${name}`,
    remove,
    [Symbol.asyncDispose]: async () => {
      await opened.connection.close();
      await remove();
    },
  };
}

async function removeTree(sftp: Sftp, path: string): Promise<void> {
  const entries = (await sftp.list(path)) ?? [];
  const each = entries.map(({ name, kind }) =>
    kind === 'directory' ? removeTree(sftp, `${path}/${name}`) : sftp.unlink(`${path}/${name}`),
  );
  await Promise.all(each);
  await sftp.rmdir(path);
}
