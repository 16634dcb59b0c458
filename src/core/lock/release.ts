import type { Engine, Fence, Released } from '../remote/engine.ts';

export interface ReleasedLock {
  readonly server: string;
  /** The text of `current`, read in the same round trip; undefined when the server could not be asked. */
  readonly current: string | null | undefined;
  /** Why the lock was not given back; null when it was. */
  readonly problem: string | null;
}

const DEADLINE_MS = 60_000;

/** Gives back what was taken, on every server, whatever fails on one of them. */
export async function releaseLocks(
  engines: ReadonlyMap<string, Engine>,
  fences: ReadonlyMap<string, Fence>,
): Promise<readonly ReleasedLock[]> {
  return Promise.all(
    [...fences].map(async ([server, { generation }]): Promise<ReleasedLock> => {
      try {
        const engine = engines.get(server)!;
        return releasedLock(server, await engine.releaseLock(generation, AbortSignal.timeout(DEADLINE_MS)));
      } catch (error) {
        return {
          server,
          current: undefined,
          problem: `${server}: the lock could not be released: ${(error as Error).message}`,
        };
      }
    }),
  );
}

export function releasedLock(server: string, { released, problem, current }: Released): ReleasedLock {
  return { server, current, problem: released ? null : `${server}: ${whyNot(problem)}` };
}

/** `web1: serves releases/20261121193811` */
export function whatIsServed({ server, current }: ReleasedLock): string {
  return current === undefined
    ? `${server}: what it serves could not be read`
    : `${server}: serves ${current ?? 'nothing'}`;
}

function whyNot(problem: string | undefined): string {
  return problem === undefined
    ? 'the lock was taken over by somebody else'
    : `the lock could not be released: ${problem}`;
}
