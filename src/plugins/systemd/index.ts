import type { Plugin } from '../../core/contract/index.ts';

export const plugin: Plugin = {
  api: 1,
  name: 'systemd',
  hooks: { systemd: async () => (await import('./hook.ts')).hook },
};
