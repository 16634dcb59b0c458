import type { Plugin } from '../../core/contract/index.ts';

export const plugin: Plugin = {
  api: 1,
  name: 'opcache',
  hooks: { opcache: async () => (await import('./hook.ts')).hook },
};
