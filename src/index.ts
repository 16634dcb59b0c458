export { defineConfig } from './core/config/defineConfig.ts';
