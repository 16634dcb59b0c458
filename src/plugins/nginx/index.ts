import type { Plugin } from '../../core/contract/index.ts';

export const plugin: Plugin = {
  api: 1,
  name: 'nginx',
  hooks: { nginx: async () => (await import('./hook.ts')).hook },
};
