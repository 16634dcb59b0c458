import { setTimeout as delay } from 'node:timers/promises';
import { type Connection, CutoverError, messageOf, quoteAll, type Scope } from '../../core/contract/index.ts';
import { limitChannels } from '../sessions/channels.ts';
import { atDoor } from '../sessions/doors.ts';
import { exec } from '../sessions/exec.ts';
import { openChannel } from '../sessions/open.ts';
import type { Command, CommandSession } from '../sessions/session.ts';
import { masterArguments } from './arguments.ts';
import { isCrowded, loginFailure } from './failure.ts';
import { type Master, MasterError, startMaster } from './master.ts';
import { startCommand } from './mux/command.ts';
import { type Multiplex, openMultiplex } from './mux/multiplex.ts';
import type { Options } from './options.ts';

/** Logs in by `ssh`, and runs commands through what it then holds open. */
export async function connect(options: Options, scope: Scope): Promise<Connection> {
  const master = await patiently(scope.signal, () =>
    atDoor(options.host, options.port ?? 22, () => logIn(options, scope)),
  ).catch((error: unknown) => {
    throw error instanceof MasterError ? loginFailure(options, error, byHand(options)) : error;
  });
  const session = sessionOf(master, await letThrough(master));
  const channels = limitChannels();
  return {
    exec: (request) => exec({ session, channels }, request),
    closed: master.gone,
    close: () => master.end(),
  };
}

/** As long as sshd gives by default (sshd_config, LoginGraceTime): somebody may have to touch a security key. */
const LOGIN_LIMIT_MS = 120_000;
const RETRY_DELAYS_MS = [400, 1_200, 3_000];

function logIn(options: Options, scope: Scope): Promise<Master> {
  const { program } = options;
  const path = program.includes('/') ? scope.resolvePath(program) : program;
  return startMaster({
    argv: (socketPath) => [path, ...masterArguments(options, socketPath, scope.resolvePath)],
    signal: scope.signal,
    tell: (line) => scope.log(`${options.host}: ${line}`),
    limitMs: options.connectTimeout + LOGIN_LIMIT_MS,
  });
}

async function patiently(signal: AbortSignal, attempt: () => Promise<Master>): Promise<Master> {
  for (const delayMs of RETRY_DELAYS_MS) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof MasterError) || !isCrowded(error.lines)) throw error;
      await delay(delayMs * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => {
        signal.throwIfAborted();
      });
    }
  }
  return attempt();
}

/** Without what only a shared connection needs. */
function byHand(options: Options): string {
  const { host, port, user, program, configFile, sshOptions } = options;
  return quoteAll([
    program,
    ...(configFile === undefined ? [] : ['-F', configFile]),
    ...sshOptions.flatMap((option) => ['-o', option]),
    ...(port === undefined ? [] : ['-p', String(port)]),
    user === undefined ? host : `${user}@${host}`,
  ]);
}

async function letThrough(master: Master): Promise<Multiplex> {
  try {
    return await openMultiplex(master.socketPath, master.gone);
  } catch (cause) {
    await master.end();
    throw new CutoverError('E_CAPABILITY', `ssh lets nobody through its connection: ${messageOf(cause)}.`, {
      hint: 'An OpenSSH client from 7.4 on is needed.',
      cause,
    });
  }
}

function sessionOf(master: Master, multiplex: Multiplex): CommandSession {
  let isGone = false;
  void master.gone.then(() => {
    isGone = true;
  });
  return {
    gone: master.gone,
    async exec(command) {
      if (isGone) {
        throw new CutoverError('E_UNREACHABLE', 'Could not start a command: the connection is closed.');
      }
      return openChannel<Command>(master.gone, {
        what: 'start a command',
        start: (done) => startCommand(multiplex, command, done),
        discard: (late) => late.channel.close(),
        whenUnanswered: 'E_UNKNOWN',
      });
    },
  };
}
