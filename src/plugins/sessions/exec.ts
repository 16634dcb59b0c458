import {
  CutoverError,
  type ExecRequest,
  type ExecResult,
  type Exit,
  errorCode,
  messageOf,
  quoteAll,
} from '../../core/contract/index.ts';
import { attend } from '../streams/attend.ts';
import type { Channels, Place } from './channels.ts';
import type { Command, CommandSession } from './session.ts';

/**
 * Runs one command through the login shell, without a terminal. Once it has started this ends: by an exit status, by
 * the channel closing without one (`unknown`), by the link going (`unknown`), or by the signal.
 */
export async function exec(
  { session, channels }: { readonly session: CommandSession; readonly channels: Channels },
  request: ExecRequest,
): Promise<ExecResult> {
  if (request.argv.length === 0) throw new CutoverError('E_USAGE', 'There is no command to run.');
  const command = quoteAll(request.argv);
  request.signal.throwIfAborted();
  const opening = channels.open(() => start(session, command), request.signal);
  let place: Place<Command>;
  try {
    place = await orAborted(opening, request.signal);
  } catch (error) {
    if (errorCode(error) !== 'E_UNKNOWN') throw error;
    const nothing = Buffer.alloc(0);
    return { exit: { type: 'unknown', reason: messageOf(error) }, stdout: nothing, stderr: nothing };
  }
  place.channel.channel.once('close', place.release);
  void session.gone.then(place.release);
  const { channel } = place.channel;
  const running = { stdin: channel, stdout: channel, stderr: channel.stderr, gone: session.gone };
  try {
    return await attend({ ...running, ended: () => exitOf(place.channel) }, request);
  } catch (error) {
    channel.signal('TERM');
    throw error;
  } finally {
    channel.close();
  }
}

async function start(session: CommandSession, command: string): Promise<Command> {
  try {
    return await session.exec(command);
  } catch (error) {
    if ((error as Error).message !== 'Unable to exec') throw error;
    throw new CutoverError('E_CAPABILITY', 'The server refuses to run commands for this user.', {
      hint: 'Look at ForceCommand, and at the login shell of the user, on the server.',
      cause: error,
    });
  }
}

/** A server may take its time to open a channel: who no longer wants it does not wait, and a late one is closed. */
async function orAborted(opening: Promise<Place<Command>>, signal: AbortSignal): Promise<Place<Command>> {
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([opening, aborted.promise]);
  } catch (error) {
    void opening.then(
      ({ channel, release }) => {
        channel.channel.once('close', release).resume();
        channel.channel.stderr.resume();
        end(channel.channel);
      },
      () => {},
    );
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

const UNHEARD_MS = 250;

/**
 * A server keeps the place of a session whose command still runs (session_close_by_channel in OpenSSH's session.c), and a
 * command that has only just begun may have no process group yet that a signal could reach: it gets another one.
 */
function end(channel: Command['channel']): void {
  channel.signal('TERM');
  const again = setTimeout(() => {
    channel.signal('TERM');
    channel.close();
  }, UNHEARD_MS);
  channel.once('close', () => clearTimeout(again));
}

/** What is known of the end: an exit status or signal if one came before the channel went. */
function exitOf({ channel, exit }: Command): Promise<Exit> {
  const closed = new Promise<Exit>((resolve) => {
    const reason = 'the channel closed without an exit status';
    channel.once('close', () => resolve({ type: 'unknown', reason }));
  });
  return Promise.race([exit, closed]);
}
