import { setTimeout as delay } from 'node:timers/promises';
import type { ExecRequest, ExecResult, Exit } from '../../core/contract/index.ts';
import { refuseUnusable } from '../refuseUnusable.ts';
import { attend } from '../streams/attend.ts';
import { type Command, endCommand, startCommand } from './command.ts';
import type { Engine } from './engine.ts';
import { refusal } from './failure.ts';
import type { Options } from './options.ts';

export interface Container {
  readonly options: Options;
  readonly engine: Engine;
  /** Resolves when the container is not reached any more: null when we closed, else why. */
  readonly gone: Promise<string | null>;
  /** Somebody waits for this before the connection is closed. */
  readonly finishing: (work: Promise<unknown>) => void;
}

/** Runs a program in the container. Its words arrive as they are, because no shell reads them. */
export async function exec(container: Container, request: ExecRequest): Promise<ExecResult> {
  const { argv, signal } = request;
  refuseUnusable(argv);
  signal.throwIfAborted();
  const command = await startCommand(container.engine, argv);
  const { client, stdout, stderr } = command;
  try {
    const ended = (said: () => string) => exitOf(command, container.options, said);
    const result = await attend(
      { stdin: client.stdin, stdout, stderr, ended, gone: container.gone },
      request,
    );
    client.kill('SIGKILL');
    return result;
  } catch (error) {
    container.finishing(endCommand(container.engine, command));
    throw error;
  }
}

/** Rejects when it is certain that nothing was started. */
async function exitOf(command: Command, options: Options, said: () => string): Promise<Exit> {
  const status = await command.status;
  if (status !== null) return { type: 'code', code: status };
  // The engine says on either stream why it starts nothing.
  const refused = (await command.group) === null ? refusal(options, said()) : null;
  if (refused !== null) throw refused;
  const reason = 'the engine told no exit status';
  // Who knows why tells it first: a container that has stopped, for example.
  return delay(PATIENCE_MS, { type: 'unknown', reason }, { ref: false });
}

const PATIENCE_MS = 1_000;
