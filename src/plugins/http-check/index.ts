import type { Plugin } from '../../core/contract/index.ts';

export const plugin: Plugin = {
  api: 1,
  name: 'http-check',
  hooks: { 'http-check': async () => (await import('./hook.ts')).hook },
};
