import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { CutoverError, messageOf } from '../../core/contract/index.ts';
import type { Options } from './options.ts';

export type Client = ChildProcessWithoutNullStreams;

/** Starts programs in one container. */
export interface Engine {
  /** Resolves when the client of the engine has started, which says nothing about the container. */
  start(argv: readonly string[]): Promise<Client>;
}

/** `program` as it is to be started. The clients are in sessions of their own: Ctrl-C does not reach them. */
export function engineFor({ container, user, host }: Options, program: string): Engine {
  const env = host === undefined ? process.env : { ...process.env, DOCKER_HOST: host, CONTAINER_HOST: host };
  const inContainer = ['exec', '-i', ...(user === undefined ? [] : ['-u', user]), container];
  return {
    async start(argv) {
      try {
        const client = spawn(program, [...inContainer, ...argv], { stdio: 'pipe', detached: true, env });
        for (const stream of [client.stdin, client.stdout, client.stderr]) stream.on('error', () => {});
        await once(client, 'spawn');
        return client;
      } catch (cause) {
        throw new CutoverError(
          'E_CAPABILITY',
          `Could not start \`${program}\` on this machine to reach the container ${container}: ${messageOf(cause)}`,
          { hint: 'Install it, or set `program` to its path.', cause },
        );
      }
    },
  };
}

/** Resolves when the client has ended. Not all that it said has to have been read by then. */
export async function ended(client: Client): Promise<number | null> {
  if (client.exitCode === null && client.signalCode === null) await once(client, 'exit');
  return client.exitCode;
}
