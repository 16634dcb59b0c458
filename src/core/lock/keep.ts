import { type CutoverError, errorCode } from '../contract/index.ts';
import type { Engine, Fence } from '../remote/engine.ts';
import { systemTime } from './acquire.ts';

export interface KeepOptions {
  readonly everyMs?: number;
  /** Told once for each server whose lock is lost; nothing more is sent there. */
  readonly onLost: (server: string, error: CutoverError) => void;
  /** Rejects when the signal fires. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
}

export interface KeptLocks {
  /** Resolves once nothing is sent any more, to this server or to any. */
  stop(server?: string): Promise<void>;
}

/** Six of them fit into the lease. */
const EVERY_MS = 10_000;
const DEADLINE_MS = 30_000;

/**
 * Gives signs of life beside a transaction. One that cannot be given is tried again with the next: a connection
 * that is lost, a disk that is full are for the transaction to judge.
 */
export function keepLocks(
  engines: ReadonlyMap<string, Engine>,
  fences: ReadonlyMap<string, Fence>,
  options: KeepOptions,
): KeptLocks {
  const { everyMs = EVERY_MS, sleep = systemTime.sleep } = options;
  const keep = async (
    server: string,
    { generation, record }: Fence,
    stopping: AbortSignal,
  ): Promise<void> => {
    for (;;) {
      await sleep(everyMs, stopping);
      try {
        const signal = AbortSignal.any([stopping, AbortSignal.timeout(DEADLINE_MS)]);
        await engines.get(server)!.beat({ generation, record }, signal);
      } catch (error) {
        if (errorCode(error) !== 'E_FENCED') continue;
        options.onLost(server, error as CutoverError);
        return;
      }
    }
  };
  const kept = new Map(
    [...fences].map(([server, fence]) => {
      const stopping = new AbortController();
      return [server, { stopping, ended: keep(server, fence, stopping.signal).catch(() => {}) }];
    }),
  );
  return {
    async stop(only) {
      const those = [...kept].filter(([server]) => only === undefined || server === only);
      for (const [, { stopping }] of those) stopping.abort();
      await Promise.all(those.map(([, { ended }]) => ended));
    },
  };
}
