/**
 * What `work` comes to, however it ends, or a rejection once the time is up. What hangs goes on hanging, unwatched. The timer keeps the
 * process alive: nothing else might.
 */
export async function within<T>(work: () => PromiseLike<T> | T, deadlineMs: number): Promise<T> {
  const late = Promise.withResolvers<never>();
  const tooLate = () => late.reject(new Error(`it was not done within ${deadlineMs / 1000} s.`));
  const timer = setTimeout(tooLate, deadlineMs);
  try {
    return await Promise.race([(async () => work())(), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
