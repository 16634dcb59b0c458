import {
  CutoverError,
  errorCode,
  messageOf,
  type Sftp,
  type SftpOptions,
} from '../../../core/contract/index.ts';
import type { Channels } from '../../sessions/channels.ts';
import type { Session, SftpChannel } from '../session.ts';
import { superviseCalls } from './calls.ts';
import { gatherRequests } from './gather.ts';
import { sftpOver } from './sftp.ts';

/** Opens an SFTP channel and keeps watch over it. `deadlineMs`: how long a server may stay silent on a request. */
export async function openSftp(
  {
    session,
    channels,
    host,
  }: { readonly session: Session; readonly channels: Channels; readonly host: string },
  { outstanding = 256 }: SftpOptions = {},
  deadlineMs = 30_000,
): Promise<Sftp> {
  const { channel: opened, release } = await channels.open(() => start(session, host));
  gatherRequests(opened.channel);
  const leave = () => {
    opened.channel.end();
    release();
  };
  const calls = superviseCalls({ deadlineMs, outstanding }, leave);
  const gone = session.gone.then((reason) => reason ?? 'the connection was closed');
  void Promise.race([opened.lost, gone]).then((reason) => {
    release();
    calls.lose(reason);
  });
  const sftp = sftpOver(opened.channel, calls, opened.extensions);
  const close = () => {
    calls.lose('SFTP was closed');
    leave();
  };
  return { ...sftp, close };
}

async function start(session: Session, host: string): Promise<SftpChannel> {
  try {
    return await session.sftp();
  } catch (error) {
    if (errorCode(error) !== null || typeof (error as { reason?: unknown }).reason === 'number') throw error;
    throw explainGarbage(host, error) ?? refused(host, error);
  }
}

/** The first four letters of what a startup file printed are taken for the length of a packet. */
function explainGarbage(host: string, error: unknown): CutoverError | null {
  const digits = /Packet length (\d+) exceeds max length/.exec(messageOf(error))?.[1];
  if (digits === undefined) return null;
  const letters = Buffer.alloc(4);
  letters.writeUInt32BE(Number(digits) >>> 0);
  const start = /^[\x20-\x7e\t\r\n]{4}$/.test(letters.toString('latin1'))
    ? ` starting with ${JSON.stringify(letters.toString('latin1'))}`
    : '';
  return new CutoverError(
    'E_CAPABILITY',
    `SFTP on ${host} does not work, because the login shell prints text${start} before it begins.`,
    {
      hint: 'In the startup files on the server (.bashrc, .profile, …) print only in interactive shells: `case $- in *i*) … ;; esac`',
      cause: error,
    },
  );
}

function refused(host: string, cause: unknown): CutoverError {
  return new CutoverError('E_CAPABILITY', `The server ${host} does not offer SFTP: ${messageOf(cause)}.`, {
    hint: 'Look for `Subsystem sftp` in its sshd_config, and at the login shell of the user.',
    cause,
  });
}
