import {
  CutoverError,
  type ExecRequest,
  type ExecResult,
  type Exit,
  errorCode,
  messageOf,
  quoteAll,
} from '../../core/contract/index.ts';
import { feed } from '../streams/feed.ts';
import { follow } from '../streams/follow.ts';
import { untilQuiet } from '../streams/quiet.ts';
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
  return attend(place.channel, session, request);
}

const QUIET_AFTER_EXIT_MS = 2_000;

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

async function attend(running: Command, session: CommandSession, request: ExecRequest): Promise<ExecResult> {
  const { channel } = running;
  const { signal } = request;
  const over = new AbortController();
  const stop = Promise.withResolvers<never>();
  const abort = () => stop.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();

  const ended = exitOf(running, session);
  const unlessOver = (tell?: (chunk: Uint8Array) => void) => (chunk: Uint8Array) => {
    if (!over.signal.aborted) tell?.(chunk);
  };
  const stdout = follow(channel, request.keepBytes, unlessOver(request.onStdout));
  const stderr = follow(channel.stderr, request.keepBytes, unlessOver(request.onStderr));
  feed(channel, request.stdin, over.signal).catch(stop.reject);
  try {
    const exit = await Promise.race([ended, stop.promise]);
    const quiet = untilQuiet([channel, channel.stderr], QUIET_AFTER_EXIT_MS);
    await Promise.race([quiet, session.gone, stop.promise]);
    return { exit, stdout: stdout.bytes(), stderr: stderr.bytes() };
  } catch (error) {
    channel.signal('TERM');
    throw error;
  } finally {
    over.abort();
    signal.removeEventListener('abort', abort);
    channel.close();
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

/** What is known of the end: an exit status or signal if one came before the channel or the link went. */
function exitOf({ channel, exit }: Command, session: CommandSession): Promise<Exit> {
  const closed = new Promise<Exit>((resolve) => {
    const reason = 'the channel closed without an exit status';
    channel.once('close', () => resolve({ type: 'unknown', reason }));
  });
  const gone = session.gone.then((reason): Exit => {
    return { type: 'unknown', reason: reason ?? 'the connection was closed while the command ran' };
  });
  return Promise.race([exit, closed, gone]);
}
