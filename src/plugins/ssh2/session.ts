import type { Duplex } from 'node:stream';
import { CutoverError, type ErrorCode, type Exit, messageOf } from '../../core/contract/index.ts';
import type { Client, ClientChannel, SFTPWrapper } from './client.ts';
import { wordsFor } from './link/words.ts';
import { makeKeysOnce } from './login/keys.ts';

/** A link on which somebody is logged in. */
export interface Session {
  /**
   * These three reject when the server refuses the channel, when the link goes, and after 20 s. `exec` says `E_UNKNOWN`
   * where the command may have started all the same.
   */
  readonly exec: (command: string) => Promise<Command>;
  readonly sftp: () => Promise<SftpChannel>;
  readonly forward: (host: string, port: number) => Promise<Duplex>;
  /** Resolves when the link is gone: null when we ended it, else why. */
  readonly gone: Promise<string | null>;
  readonly end: () => Promise<void>;
}

/**
 * A command that runs. Its end is listened for from the first moment: an answer that comes in one packet with the
 * consent would else be missed.
 */
export interface Command {
  readonly channel: ClientChannel;
  /** Resolves when an exit status or signal comes; never, when none does. */
  readonly exit: Promise<Exit>;
}

export interface SftpChannel {
  readonly channel: SFTPWrapper;
  readonly extensions: ReadonlySet<string>;
  /** Resolves when the channel is of no more use, with why. */
  readonly lost: Promise<string>;
}

/** Of a client that is logged in. What has no deadline in ssh2, or no answer, has one here. */
export function sessionOf(client: Client, socket: Duplex): Session {
  const gone = Promise.withResolvers<string | null>();
  const closed = Promise.withResolvers<void>();
  const leave = (reason: string) => gone.resolve(reason);
  client
    .removeAllListeners()
    .on('handshake', () => makeKeysOnce(client))
    .on('error', (error) => {
      leave(wordsFor(error));
      client.destroy();
    })
    .on('end', () => leave('the server closed the connection'))
    .on('close', () => {
      leave('the connection was closed');
      closed.resolve();
    });

  const open = <T>(
    what: string,
    start: (done: Done<T>) => void,
    discard: (late: T) => void,
    whenUnanswered?: ErrorCode,
  ) => openChannel(gone.promise, what, start, discard, whenUnanswered);
  return {
    exec: (command) =>
      open<Command>(
        'start a command',
        (done) => client.exec(command, (error, channel) => done(error, watchCommand(channel))),
        (late) => late.channel.close(),
        'E_UNKNOWN',
      ),
    sftp: () =>
      open<SftpChannel>(
        'start SFTP',
        (done) => client.sftp((error, channel) => done(error, watchSftp(channel))),
        (late) => late.channel.end(),
      ),
    forward: (host, port) =>
      open<ClientChannel>(
        `reach ${host}:${port} through the jump host`,
        (done) => client.forwardOut('127.0.0.1', 0, host, port, done),
        (late) => late.close(),
      ),
    gone: gone.promise,
    end: () => {
      gone.resolve(null);
      return end(client, socket, closed.promise);
    },
  };
}

const OPEN_TIMEOUT_MS = 20_000;
const END_TIMEOUT_MS = 1_000;

function watchCommand(channel: ClientChannel): Command {
  const exit = Promise.withResolvers<Exit>();
  channel?.once('exit', (code: number | null, killedBy?: string) => {
    if (code !== null) exit.resolve({ type: 'code', code });
    else exit.resolve({ type: 'signal', signal: killedBy ?? 'unnamed' });
  });
  return { channel, exit: exit.promise };
}

function watchSftp(channel: SFTPWrapper): SftpChannel {
  const lost = Promise.withResolvers<string>();
  for (const event of ['end', 'close']) channel?.on(event, () => lost.resolve('the SFTP channel was closed'));
  // One that stays: an error that nobody listens for ends the process.
  channel?.on('error', (error: Error) => lost.resolve(`SFTP failed (${error.message})`));
  const { _extensions } = (channel ?? {}) as { _extensions?: Readonly<Record<string, string>> };
  return { channel, extensions: new Set(Object.keys(_extensions ?? {})), lost: lost.promise };
}

type Done<T> = (error: Error | undefined, value: T) => void;

/** ssh2 has no deadline here, and may never call back. A channel that comes too late is closed. */
function openChannel<T>(
  gone: Promise<string | null>,
  what: string,
  start: (done: Done<T>) => void,
  discard: (late: T) => void,
  whenUnanswered: ErrorCode = 'E_UNREACHABLE',
): Promise<T> {
  return new Promise((resolve, reject) => {
    let over = false;
    const finish = (settle: () => void) => {
      over = true;
      clearTimeout(timer);
      settle();
    };
    const fail = (code: ErrorCode, why: string) =>
      finish(() => reject(new CutoverError(code, `Could not ${what}: ${why}.`)));
    const timer = setTimeout(() => {
      fail(whenUnanswered, `the server did not answer within ${OPEN_TIMEOUT_MS / 1000} s`);
    }, OPEN_TIMEOUT_MS);
    void gone.then((reason) => fail(whenUnanswered, reason ?? 'the connection was closed'));
    try {
      start((error, value) => {
        if (!over) finish(() => (error ? reject(error) : resolve(value)));
        else if (!error) discard(value);
      });
    } catch (error) {
      // ssh2 throws, and does not call back, where the link is gone already.
      fail('E_UNREACHABLE', messageOf(error));
    }
  });
}

/** Until the farewell is on its way. It is not answered; a peer that no longer reads is left without. */
async function end(client: Client, socket: Duplex, closed: Promise<void>): Promise<void> {
  const patience = Promise.withResolvers<void>();
  const timer = setTimeout(patience.resolve, END_TIMEOUT_MS);
  if (socket.writableFinished) patience.resolve();
  socket.once('finish', patience.resolve);
  client.end();
  await Promise.race([closed, patience.promise]);
  clearTimeout(timer);
  client.destroy();
}
