import type { Plugin } from '../../core/contract/index.ts';

export const plugin: Plugin = {
  api: 1,
  name: 'pm2',
  hooks: { pm2: async () => (await import('./hook.ts')).hook },
};
