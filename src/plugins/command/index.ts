import type { Plugin } from '../../core/contract/index.ts';

export const plugin: Plugin = {
  api: 1,
  name: 'command',
  notifiers: { command: async () => (await import('./notifier.ts')).notifier },
  hooks: { command: async () => (await import('./hook.ts')).hook },
};
