import { setTimeout as delay } from 'node:timers/promises';
import { type Connection, CutoverError, errorCode, type Sftp } from '../../contract/index.ts';
import { type JointWork, jointWork } from '../jointWork.ts';
import type { Link } from '../link.ts';
import { UNDER_WAY } from './parallel.ts';
import type { Place } from './place.ts';

export interface Session {
  /** Opens the channel. */
  reach(signal: AbortSignal): Promise<void>;
  /** Runs an operation, which is convergent: when the line is lost it is run again over a new one. */
  run<T>(name: string, signal: AbortSignal, work: (place: Place) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

const ATTEMPTS = 3;
const BACKOFF_MS = 400;

interface Channel {
  readonly connection: Connection;
  readonly sftp: Sftp;
  /** So many requests are sent before the first is answered. */
  readonly width: number;
  isLinkLost: boolean;
}

/**
 * One SFTP channel, opened again when it was lost. A server whose channel ends or falls silent while the line holds is
 * asked one thing at a time from then on; so is, once, one where nobody can tell.
 */
export function sftpSession(link: Link, configuredPath: string): Session {
  let opening: JointWork<Channel> | null = null;
  let latest: Channel | null = null;
  let width = UNDER_WAY;
  let home: string | null = null;

  const open = async (signal: AbortSignal): Promise<Channel> => {
    const connection = await link.connection(signal);
    const sftp = await openSftp(link, connection, width);
    // Nobody waits for it any more, or has opened another one meanwhile.
    if (signal.aborted) sftp.close();
    signal.throwIfAborted();
    const channel: Channel = { connection, sftp, width, isLinkLost: false };
    void connection.closed.then(() => {
      channel.isLinkLost = true;
    });
    latest = channel;
    return channel;
  };
  const current = (): JointWork<Channel> => {
    if (opening === null || opening.isGivenUp()) {
      const mine = jointWork(open);
      opening = mine;
      mine.outcome.catch(() => {
        if (opening === mine) opening = null;
      });
    }
    return opening;
  };
  const opened = (work: JointWork<Channel>, name: string, signal: AbortSignal): Promise<Channel> =>
    work.join(signal).catch((error: unknown) => {
      throw error === signal.reason ? (stopped(link.server, name, signal) ?? error) : error;
    });
  const leave = (channel: Channel, was: JointWork<Channel> | null) => {
    if (opening === was) opening = null;
    channel.sftp.close();
  };
  const placeOf = async ({ sftp }: Channel, name: string, signal: AbortSignal): Promise<Place> => {
    const stoppable = heeding(sftp, () => stopped(link.server, name, signal));
    if (configuredPath.startsWith('~/')) home ??= await stoppable.realpath('.');
    const path = configuredPath.startsWith('~/')
      ? `${(home ?? '').replace(/\/+$/, '')}/${configuredPath.slice(2)}`
      : configuredPath;
    const { server, address } = link;
    return { server, address, sftp: stoppable, path, at: (...names) => [path, ...names].join('/') };
  };
  const runOnce = async <T>(name: string, signal: AbortSignal, work: (place: Place) => Promise<T>) => {
    const stop = stopped(link.server, name, signal);
    if (stop !== null) throw stop;
    const was = current();
    const channel = await opened(was, name, signal);
    try {
      return { result: await work(await placeOf(channel, name, signal)) };
    } catch (error) {
      const stop = stopped(link.server, name, signal);
      if (stop !== null) throw stop;
      if (!LOST.has(errorCode(error) ?? '')) throw named(link.server, error);
      leave(channel, was);
      return { channel, lost: named(link.server, error) };
    }
  };

  return {
    async reach(signal) {
      await opened(current(), 'log in', signal);
    },
    async run(name, signal, work) {
      for (let attempt = 1; ; attempt++) {
        const end = await runOnce(name, signal, work).catch((error: unknown) => {
          // A line that was there before may come back.
          if (attempt === 1 || attempt === ATTEMPTS || errorCode(error) !== 'E_UNREACHABLE') throw error;
          return { channel: null, lost: error };
        });
        if ('result' in end) return end.result;
        if (attempt === ATTEMPTS) throw end.lost;
        await delay(BACKOFF_MS * 2 ** (attempt - 1), undefined, { signal }).catch(() => {});
        const stop = stopped(link.server, name, signal);
        if (stop !== null) throw stop;
        if (end.channel?.isLinkLost === false || attempt === ATTEMPTS - 1) width = 1;
      }
    },
    async close() {
      latest?.sftp.close();
      await link.close();
    },
  };
}

const LOST: ReadonlySet<string> = new Set(['E_UNKNOWN', 'E_TIMEOUT', 'E_UNREACHABLE']);

async function openSftp(link: Link, connection: Connection, outstanding: number): Promise<Sftp> {
  const { server, address } = link;
  if (connection.sftp === undefined)
    throw new CutoverError('E_CAPABILITY', `${server} (${address}) has no SFTP.`, { server });
  const sftp = await connection.sftp({ outstanding });
  if (sftp.extensions.has('posix-rename@openssh.com')) return sftp;
  sftp.close();
  throw new CutoverError(
    'E_CAPABILITY',
    `${server}: its SFTP lacks posix-rename@openssh.com, so nothing there can replace a link in one step.`,
    { server, hint: 'Use a login with a shell, or a server with OpenSSH’s sftp-server or internal-sftp.' },
  );
}

/** The same requests, of which none is sent once there is a reason not to. */
function heeding(sftp: Sftp, reason: () => Error | null): Sftp {
  const heed =
    (member: (...args: readonly unknown[]) => unknown) =>
    async (...args: readonly unknown[]) => {
      const why = reason();
      if (why !== null) throw why;
      return member(...args);
    };
  const members = Object.entries(sftp).map(([name, member]) => [
    name,
    typeof member === 'function' ? heed(member) : member,
  ]);
  return Object.fromEntries(members) as Sftp;
}

/** The signal has a reason, but not one that a person could use. */
function stopped(server: string, name: string, { aborted, reason }: AbortSignal): CutoverError | null {
  if (!aborted) return null;
  const isLate = reason instanceof Error && reason.name === 'TimeoutError';
  return isLate
    ? new CutoverError('E_TIMEOUT', `${server}: "${name}" took too long and was given up.`, {
        server,
        cause: reason,
      })
    : new CutoverError('E_INTERRUPTED', `${server}: "${name}" was interrupted.`, { server, cause: reason });
}

/** A transport does not know what a server is called. */
function named(server: string, error: unknown): unknown {
  if (!(error instanceof CutoverError) || error.server !== undefined) return error;
  const message = error.message.startsWith(`${server}:`)
    ? error.message
    : `${server}: ${error.message.charAt(0).toLowerCase()}${error.message.slice(1)}`;
  const hint = error.hint === undefined ? {} : { hint: error.hint };
  return new CutoverError(error.code, message, { server, cause: error, ...hint });
}
