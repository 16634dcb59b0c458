/** Work that is done once and that several wait for, each for as long as it wants. */
export interface JointWork<T> {
  /**
   * Waits for the outcome, with the others. Rejects with the signal's reason when that fires before; the work is given up when
   * then nobody waits any more.
   */
  join(signal: AbortSignal): Promise<T>;
  /** For who only watches: the work does not go on because of it. */
  readonly outcome: Promise<T>;
  /** Nobody can get anything of it any more. */
  isGivenUp(): boolean;
}

/** Begins the work, which nobody may ask for yet. Its signal fires when it is given up, and never once it is done. */
export function jointWork<T>(begin: (signal: AbortSignal) => Promise<T>): JointWork<T> {
  const over = new AbortController();
  const outcome = begin(over.signal);
  let waiting = 0;
  let isDone = false;
  const done = () => {
    isDone = true;
  };
  outcome.then(done, done);
  // Who stops one thing may be about to begin another one with the same connection.
  const leaveSoon = () =>
    setImmediate(() => {
      if (waiting === 0 && !isDone) over.abort(new Error('nobody waits for it any more'));
    });
  return {
    outcome,
    isGivenUp: () => over.signal.aborted,
    async join(signal) {
      signal.throwIfAborted();
      const stopped = Promise.withResolvers<never>();
      const stop = () => stopped.reject(signal.reason);
      signal.addEventListener('abort', stop, { once: true });
      waiting += 1;
      try {
        return await Promise.race([outcome, stopped.promise]);
      } finally {
        waiting -= 1;
        signal.removeEventListener('abort', stop);
        if (waiting === 0 && !isDone) leaveSoon();
      }
    },
  };
}
