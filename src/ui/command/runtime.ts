import { homedir, hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import type { ExtensionLookup } from '../../core/config/extensions.ts';
import { makeSecret } from '../../core/config/makeSecret.ts';
import type { Redactor } from '../../core/config/redactor.ts';
import type { Emit } from '../../core/journal/events.ts';
import type { Runtime } from '../../core/operations/runtime.ts';

export interface RuntimeSources {
  readonly extensions: ExtensionLookup;
  readonly emit: Emit;
  /** As in `Runtime`. */
  readonly catchUp: () => Promise<void> | null;
  readonly cancel: AbortSignal;
  /** Learns of every secret before anything can print it. */
  readonly redactor: Redactor;
}

/** The process as operations see it: the one place where they meet its clock, user and environment. */
export function createRuntime({ extensions, emit, catchUp, cancel, redactor }: RuntimeSources): Runtime {
  const now = () => new Date();
  return {
    extensions,
    emit,
    catchUp,
    cancel,
    now,
    clockMs: () => performance.now(),
    by: `${userName()}@${hostname()}`,
    pid: process.pid,
    stateDirectory: stateDirectory(process.env),
    async secret(reference, baseDirectory) {
      const { resolveSecret } = await import('../../core/config/secrets.ts');
      const value = await resolveSecret(reference, {
        env: process.env,
        baseDirectory,
        signal: cancel,
        warn: (message) => emit({ type: 'log', server: null, message, at: now().toISOString() }),
      });
      redactor.add(value);
      return makeSecret(value);
    },
    redact: redactor.redact,
  };
}

/** A container may run us as a user that has no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown');
  }
}

/** XDG Base Directory Specification: state that should persist, but is not worth a backup. */
export function stateDirectory(env: NodeJS.ProcessEnv): string {
  if (env.CUTOVER_STATE_DIR) return env.CUTOVER_STATE_DIR;
  return join(env.XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'cutover');
}
