import { pathToFileURL } from 'node:url';
import { locateSyntaxErrors } from '../../../core/registry/locateSyntaxErrors.ts';
import { within } from '../../../core/registry/within.ts';
import { type Package, packageFailure } from './failure.ts';

/** So long a package may take to be imported, and to register what it brings. */
export const DEADLINE_MS = 10_000;

/** The exit code of a second signal, which is ours. */
const STOPPED = 130;

/** Imports a file of an installed package. Rejects with `E_PLUGIN`, also when it would never be done, or ends the process. */
export async function importFrom(
  from: Package,
  file: string,
  what: string,
): Promise<Readonly<Record<string, unknown>>> {
  return watched(from, what, () => locateSyntaxErrors(() => import(pathToFileURL(file).href)));
}

/** Runs code of a package: whatever becomes of it, the package is named. */
export async function watched<T>(from: Package, what: string, work: () => PromiseLike<T> | T): Promise<T> {
  const onExit = (code: number) => {
    if (code === STOPPED) return;
    process.stderr.write(
      `✗ The plugin ${from.name} ${what}: it ended the program.\n  Next: ${from.wayOut}\n`,
    );
    process.exitCode = 3;
  };
  const { exit } = process;
  process.once('exit', onExit);
  process.exit = (code) => {
    if (code === STOPPED) return exit(code);
    throw new Error('it ended the program.');
  };
  const thrown = Promise.withResolvers<never>();
  // In a timer, where only the process could catch it.
  process.setUncaughtExceptionCaptureCallback(thrown.reject);
  try {
    return await Promise.race([within(work, DEADLINE_MS), thrown.promise]);
  } catch (error) {
    throw packageFailure(from, what, error);
  } finally {
    process.setUncaughtExceptionCaptureCallback(null);
    process.exit = exit;
    process.off('exit', onExit);
  }
}
