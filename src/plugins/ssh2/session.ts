import type { Duplex } from 'node:stream';
import type { Exit } from '../../core/contract/index.ts';
import { openChannel } from '../sessions/open.ts';
import type { Command, CommandSession } from '../sessions/session.ts';
import type { Client, ClientChannel, SFTPWrapper } from './client.ts';
import { wordsFor } from './link/words.ts';
import { makeKeysOnce } from './login/keys.ts';

/** A link on which somebody is logged in. What opens a channel rejects as `exec` does, but never with `E_UNKNOWN`. */
export interface Session extends CommandSession {
  readonly sftp: () => Promise<SftpChannel>;
  readonly forward: (host: string, port: number) => Promise<Duplex>;
  readonly end: () => Promise<void>;
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

  return {
    exec: (command) =>
      openChannel<Command>(gone.promise, {
        what: 'start a command',
        start: (done) => client.exec(command, (error, channel) => done(error, watchCommand(channel))),
        discard: (late) => late.channel.close(),
        whenUnanswered: 'E_UNKNOWN',
      }),
    sftp: () =>
      openChannel<SftpChannel>(gone.promise, {
        what: 'start SFTP',
        start: (done) => client.sftp((error, channel) => done(error, watchSftp(channel))),
        discard: (late) => late.channel.end(),
      }),
    forward: (host, port) =>
      openChannel<ClientChannel>(gone.promise, {
        what: `reach ${host}:${port} through the jump host`,
        start: (done) => client.forwardOut('127.0.0.1', 0, host, port, done),
        discard: (late) => late.close(),
      }),
    gone: gone.promise,
    end: () => {
      gone.resolve(null);
      return end(client, socket, closed.promise);
    },
  };
}

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
