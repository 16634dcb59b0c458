export { type ConfigDefinition, defineConfig } from './core/config/defineConfig.ts';
export type { ConfigInput } from './core/config/schema.ts';
