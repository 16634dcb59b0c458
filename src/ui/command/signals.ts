const STOPPING: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * The first signal asks to stop, and what was begun is finished or compensated; the second one ends the process at once.
 * Dispose to give the signals back.
 */
export function cancelOnSignals(
  tell: () => void,
  endNow: () => void,
): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController();
  const listener = () => {
    if (controller.signal.aborted) {
      endNow();
      return;
    }
    tell();
    controller.abort();
  };
  for (const name of STOPPING) process.on(name, listener);
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      for (const name of STOPPING) process.off(name, listener);
    },
  };
}
