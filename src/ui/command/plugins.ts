import type { Config as OclifConfig } from '@oclif/core';
import type { ExtensionLookup } from '../../core/config/extensions.ts';
import { CutoverError, type Plugin } from '../../core/contract/index.ts';
import { createRegistry } from '../../core/registry/registry.ts';

/** The event by which every package, ours included, registers its plugins. */
export const REGISTER = 'cutover:register';

export interface RegisterOptions {
  readonly register: (plugin: Plugin) => void;
}

const DEADLINE_MS = 10_000;

/** Asks all installed packages. Throws `E_PLUGIN` naming the one that failed. */
export async function loadExtensions(config: OclifConfig): Promise<ExtensionLookup> {
  const plugins: Plugin[] = [];
  const options: RegisterOptions = { register: (plugin) => plugins.push(plugin) };
  // oclif's own time limit does not keep the process alive; this timer does.
  const alive = setTimeout(() => {}, DEADLINE_MS * 2);
  try {
    const { failures } = await config.runHook(
      REGISTER,
      options as unknown as Record<string, unknown>,
      DEADLINE_MS,
    );
    const failure = failures[0];
    if (failure !== undefined) {
      throw new CutoverError(
        'E_PLUGIN',
        `The plugin ${failure.plugin.name} failed to register: ${failure.error.message}`,
        {
          hint: `cutover plugins uninstall ${failure.plugin.name}`,
          cause: failure.error,
        },
      );
    }
  } finally {
    clearTimeout(alive);
  }
  return createRegistry(plugins.sort((a, b) => (a.name < b.name ? -1 : 1)));
}
