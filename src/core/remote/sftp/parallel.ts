/** So many requests, or files, are under way at a time. What is pending is held in memory. */
export const UNDER_WAY = 128;

/** Rejects with the first failure, when nothing is under way any more; after one nothing is begun. */
export async function inParallel<T>(
  items: readonly T[],
  work: (item: T) => Promise<unknown>,
  most = UNDER_WAY,
): Promise<void> {
  await workOff(items.toReversed(), async (item) => void (await work(item)), most);
}

/**
 * Works off a pile, the last first, where work may put more on it: so a tree is gone through in its depth, and the pile
 * stays small. Ends as `inParallel`.
 */
export function workOff<T>(
  pile: readonly T[],
  work: (item: T, add: (more: readonly T[]) => void) => Promise<void>,
  most = UNDER_WAY,
): Promise<void> {
  const left = [...pile];
  const add = (more: readonly T[]) => {
    for (const each of more) left.push(each);
  };
  let running = 0;
  let failure: { readonly error: unknown } | null = null;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const next = () => {
    while (failure === null && running < most && left.length > 0) {
      running += 1;
      work(left.pop() as T, add).then(
        () => ended(null),
        (error: unknown) => ended({ error }),
      );
    }
    if (running > 0) return;
    if (failure === null) resolve();
    else reject(failure.error);
  };
  const ended = (how: typeof failure) => {
    running -= 1;
    failure ??= how;
    next();
  };
  next();
  return promise;
}
