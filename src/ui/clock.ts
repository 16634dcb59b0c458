/** The time, as an argument. */
export interface Clock {
  /** Milliseconds since any fixed moment. */
  readonly now: () => number;
  /** Calls `tick` again and again until what it returns is called. */
  readonly every: (intervalMs: number, tick: () => void) => () => void;
}

/** Does not keep the process alive. */
export const systemClock: Clock = {
  now: () => performance.now(),
  every: (intervalMs, tick) => {
    const timer = setInterval(tick, intervalMs).unref();
    return () => clearInterval(timer);
  },
};
