import { dirname } from 'node:path';
import { resolvePath } from '../config/resolvePath.ts';
import { isSameReference } from '../config/secretReferences.ts';
import type { Config, ExtensionConfig } from '../config/types.ts';
import { CutoverError, type Scope } from '../contract/index.ts';
import { emitNow, type Runtime } from './runtime.ts';

export interface ScopeOptions {
  /** For messages: `the hook http-check`. */
  readonly what: string;
  readonly secrets: ExtensionConfig['secrets'];
  /** Whom the lines of its story belong to; null: nobody alone. */
  readonly server: string | null;
  /** Default: when somebody wants to stop. */
  readonly signal?: AbortSignal;
}

/** What an extension gets to see: of the secrets those that stand in its own options. */
export function scopeFor(
  runtime: Runtime,
  config: Config,
  { what, secrets, server, signal = runtime.cancel }: ScopeOptions,
): Scope {
  const baseDirectory = dirname(config.file);
  return {
    signal,
    now: runtime.now,
    log: (message) => emitNow(runtime, { type: 'log', server, message }),
    async secret(reference) {
      if (!secrets.some((own) => isSameReference(own, reference))) throw foreignSecret(what);
      return runtime.secret(reference, baseDirectory);
    },
    resolvePath: (path) => resolvePath(baseDirectory, path),
  };
}

/** Which one it asked for is not told: it might have been made of what nobody may see. */
function foreignSecret(what: string): CutoverError {
  return new CutoverError('E_PLUGIN', `${what} asked for a secret that does not stand in its options.`, {
    hint: 'This is a fault of the plugin: it may ask for what the configuration gives it, and for nothing else.',
  });
}
