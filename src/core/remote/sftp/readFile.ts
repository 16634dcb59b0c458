import { CutoverError } from '../../contract/index.ts';
import { READ_LIMIT_BYTES, tooLarge } from '../readPath.ts';
import type { Place } from './place.ts';

/** The content of a file below the deploy path; null when nothing is there. Changes nothing. */
export async function readFile({ sftp, at, server }: Place, path: string): Promise<Uint8Array | null> {
  const file = at(...path.split('/'));
  const found = await sftp.stat(file);
  if (found === null) return null;
  if (found.kind !== 'file')
    throw new CutoverError('E_REMOTE', `${server}: ${path} is not a file`, { server });
  if (found.sizeBytes > READ_LIMIT_BYTES) throw tooLarge(server, path);
  return sftp.readFile(file);
}
