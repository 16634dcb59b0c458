import type { Clock } from '../clock.ts';

/** A clock that moves when told. */
export interface ManualClock extends Clock {
  /** Moves the time on, calling what is due on the way. */
  pass(ms: number): void;
  /** Timers that have not been stopped. */
  timers(): number;
}

export function manualClock(): ManualClock {
  const timers = new Set<{ nextMs: number; readonly intervalMs: number; readonly tick: () => void }>();
  let nowMs = 0;
  return {
    now: () => nowMs,
    every: (intervalMs, tick) => {
      const timer = { nextMs: nowMs + intervalMs, intervalMs, tick };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    pass: (ms) => {
      const untilMs = nowMs + ms;
      for (;;) {
        const [next] = [...timers]
          .filter(({ nextMs }) => nextMs <= untilMs)
          .sort((a, b) => a.nextMs - b.nextMs);
        if (next === undefined) break;
        nowMs = next.nextMs;
        next.nextMs += next.intervalMs;
        next.tick();
      }
      nowMs = untilMs;
    },
    timers: () => timers.size,
  };
}
