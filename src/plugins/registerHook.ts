import type { Plugin } from '../core/contract/index.ts';
import { builtIn } from './register.ts';

/** The built-in plugins come in through the same event as everybody's. */
export default async function registerBuiltIn(options: {
  readonly register: (plugin: Plugin) => void;
}): Promise<void> {
  for (const plugin of builtIn) options.register(plugin);
}
