import type { SftpFileOptions } from '../../../core/contract/index.ts';
import { refusal } from './failure.ts';
import { readChunks } from './read.ts';
import { createFile, fill, type Writer } from './write.ts';

export interface Copier extends Writer {
  /** The server has copy-data (draft-ietf-secsh-filexfer-extensions-00, section 7). */
  readonly canCopy: boolean;
}

export async function copyFile(
  copier: Copier,
  from: string,
  to: string,
  options: SftpFileOptions,
): Promise<void> {
  const { sftp, calls, canCopy } = copier;
  const attempt = `copy ${from} to ${to}`;
  try {
    const source = await calls.run<Buffer>(attempt, (done) => sftp.open(from, 'r', done));
    try {
      await createFile(copier, to, options, async (handle) => {
        if (!canCopy) return fill(copier, attempt, handle, readChunks(sftp, calls, attempt, source));
        const { size } = await calls.run<{ size: number }>(attempt, (done) => sftp.fstat(source, done));
        // A length of 0 means to the end.
        await calls.run(attempt, (done) => sftp.ext_copy_data(source, 0, 0, handle, 0, done as () => void));
        return { sizeBytes: size, written: Promise.resolve() };
      });
    } finally {
      await calls.run(attempt, (done) => sftp.close(source, done as () => void)).catch(() => {});
    }
  } catch (error) {
    throw refusal(attempt, error);
  }
}
