import type { Plugin } from '../../core/contract/index.ts';

export const plugin: Plugin = {
  api: 1,
  name: 'wait',
  hooks: { wait: async () => (await import('./hook.ts')).hook },
};
