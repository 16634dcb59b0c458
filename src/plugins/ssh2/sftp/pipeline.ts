/** Runs tasks with at most `most` under way. After a failure nothing is added, and the first one is thrown. */
export interface Pipeline {
  /** Resolves when there is room for one more. */
  add(task: () => Promise<unknown>): Promise<void>;
  /** Resolves when all are done. */
  drain(): Promise<void>;
}

export function pipeline(most: number): Pipeline {
  const running = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | null = null;

  const check = () => {
    if (failure !== null) throw failure.error;
  };
  return {
    add: async (task) => {
      while (running.size >= most) await Promise.race(running);
      check();
      const one = task().then(
        () => void running.delete(one),
        (error) => {
          running.delete(one);
          failure ??= { error };
        },
      );
      running.add(one);
    },
    drain: async () => {
      await Promise.all(running);
      check();
    },
  };
}
