import { errorCode } from '../../contract/index.ts';
import { type Place, readText, writeText } from './place.ts';

const PRIVATE = 0o600;

/** One line more in the ledger, also after a line that was torn; none when it is the last one already. */
export async function record(place: Place, line: string): Promise<void> {
  const ledger = place.at('.cutover', 'ledger');
  const text = (await readText(place, ledger)) ?? '';
  if (text.split('\n').findLast((each) => each !== '') === line) return;
  const torn = text !== '' && !text.endsWith('\n');
  await place.sftp.appendFile(ledger, Buffer.from(`${torn ? '\n' : ''}${line}\n`), PRIVATE);
}

/** Replaces the ledger in one step. */
export async function rewriteLedger(place: Place, lines: readonly string[]): Promise<void> {
  const next = place.at('.cutover', 'tmp', 'ledger');
  await place.sftp.unlink(next);
  await writeText(place, next, lines.map((line) => `${line}\n`).join(''));
  await place.sftp.posixRename(next, place.at('.cutover', 'ledger'));
}

/** Lines more in the journal of the open transaction, also after a line that was torn. */
export async function journal(place: Place, lines: readonly string[], isRequired: boolean): Promise<void> {
  if (lines.length === 0) return;
  const bytes = Buffer.from(`\n${lines.join('\n')}\n`);
  const append = () => place.sftp.appendFile(place.at('.cutover', 'journals', 'open'), bytes, PRIVATE);
  try {
    await append().catch(async (error) => {
      if (errorCode(error) !== 'E_REMOTE') throw error;
      // Its directory comes with the first line.
      await place.sftp.mkdir(place.at('.cutover', 'journals'), 0o700).catch(() => {});
      await append();
    });
  } catch (error) {
    const code = errorCode(error);
    if (isRequired || (code !== 'E_REMOTE' && code !== 'E_DISK_FULL')) throw error;
  }
}
