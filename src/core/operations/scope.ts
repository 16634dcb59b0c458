import { dirname } from 'node:path';
import { resolvePath } from '../config/resolvePath.ts';
import type { Config } from '../config/types.ts';
import type { Scope } from '../contract/index.ts';
import { emitNow, type Runtime } from './runtime.ts';

/** What an extension gets to see. `server` names who the lines of its story belong to; null: to nobody alone. */
export function scopeFor(
  runtime: Runtime,
  config: Config,
  server: string | null,
  signal: AbortSignal = runtime.cancel,
): Scope {
  const baseDirectory = dirname(config.file);
  return {
    signal,
    now: runtime.now,
    log: (message) => emitNow(runtime, { type: 'log', server, message }),
    secret: (reference) => runtime.secret(reference, baseDirectory),
    resolvePath: (path) => resolvePath(baseDirectory, path),
  };
}
