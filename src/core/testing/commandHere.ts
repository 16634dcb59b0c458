import { readFileSync } from 'node:fs';
import type { CommandRequest } from '../remote/engine.ts';
import { runCommand } from '../remote/shell/command.ts';
import { engineHere, type Here, linkTo, never } from './engineHere.ts';
import { localTransport } from './localConnection.ts';

export type Line = readonly ['stdout' | 'stderr', string];

const QUICK = { retriesMs: [1, 1, 1], silenceMs: 60_000 };

/** A command of a user's under way on this machine, and its lines so far; `request` changes what is usual. */
export function running(
  here: Here,
  run: string,
  request: Partial<CommandRequest> = {},
  { signal = never, transport = localTransport() } = {},
) {
  const lines: Line[] = [];
  const onLine: CommandRequest['onLine'] = (stream, line) => lines.push([stream, line]);
  const done = runCommand(
    linkTo(transport),
    here.path,
    here.fence,
    {
      id: 'try',
      run,
      directory: here.path,
      variables: {},
      timeoutMs: null,
      idleTimeoutMs: null,
      onLine,
      ...request,
    },
    signal,
    QUICK,
  );
  return { lines, done };
}

/** What one that ends well has printed. */
export async function linesOf(run: string, request: Partial<CommandRequest> = {}): Promise<readonly Line[]> {
  const { lines, done } = running(await engineHere(), run, request);
  await done;
  return lines;
}

/** The numbers on stdout. */
export function pidsOf(lines: readonly Line[]): readonly number[] {
  return lines.flatMap(([stream, line]) => (stream === 'stdout' ? line.split(' ').map(Number) : []));
}

/** A zombie is dead: it only waits to be counted. */
export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
