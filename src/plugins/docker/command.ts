import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { Readable, Transform } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { type Client, type Engine, ended } from './engine.ts';
import { takeMarks } from './marks.ts';

/**
 * A program in the container. A client that ends does not tell whether its status is the program's, the engine's or its
 * own, and the program does not end with it. So a `sh` around it, whose process group is its own, tells both the process
 * id and the status on the standard error, in lines that are taken out.
 */
export interface Command {
  readonly client: Client;
  readonly stdout: Readable;
  readonly stderr: Transform;
  /** The process group. Resolves when the program is about to start; null when the client has ended before. */
  readonly group: Promise<number | null>;
  /** The program's exit status; null when the client has ended without it. */
  readonly status: Promise<number | null>;
}

export async function startCommand(engine: Engine, argv: readonly string[]): Promise<Command> {
  const marker = randomUUID();
  const client = await engine.start(['sh', '-c', TELLING, marker, ...argv]);
  const group = Promise.withResolvers<number | null>();
  const status = Promise.withResolvers<number | null>();
  let marks = 0;
  const stderr = takeMarks(marker, (number) => {
    marks++;
    if (marks === 1) group.resolve(number);
    else status.resolve(number);
  });
  client.stderr.pipe(stderr);
  void Promise.all([ended(client), once(stderr, 'end').catch(() => {})]).then(() => {
    group.resolve(null);
    status.resolve(null);
  });
  return { client, stdout: client.stdout, stderr, group: group.promise, status: status.promise };
}

/** No builtin of the shell is run in place of a program: only `exec` starts one in any case. */
const TELLING = `echo "$0 $$" >&2
(exec "$@")
echo "$0 $?" >&2
`;

/**
 * Ends a program and its children in the container: by TERM, and what is still there a second later by KILL. Resolves
 * when both have been sent, or could not be.
 */
export async function endCommand(engine: Engine, { group, client }: Command): Promise<void> {
  const leader = await Promise.race([group, delay(PATIENCE_MS, null, { ref: false })]);
  client.kill('SIGKILL');
  if (leader === null) return;
  const killer = await engine.start(['sh', '-c', ENDING, 'sh', `-${leader}`]);
  killer.stdout.resume();
  killer.stderr.resume();
  killer.stdin.end();
  await Promise.race([ended(killer), delay(PATIENCE_MS, undefined, { ref: false })]);
  killer.kill('SIGKILL');
}

/** The engine may be silent. */
const PATIENCE_MS = 5_000;

/** Without `--`: dash and BusyBox take that for a process. */
const ENDING = `exec 2>/dev/null
kill -TERM "$1" || exit 0
sleep 1
kill -KILL "$1"
`;
