import type { ConfigInput } from './schema.ts';

/** A configuration, or a function that makes one. */
export type ConfigDefinition = ConfigInput | (() => ConfigInput | Promise<ConfigInput>);

/** Returns what it gets. Gives `cutover.config.ts` its types: `export default defineConfig({ … })`. */
export function defineConfig(definition: ConfigDefinition): ConfigDefinition {
  return definition;
}
