import type { Plugin } from '../../core/contract/index.ts';

export const plugin: Plugin = {
  api: 1,
  name: 'discord',
  notifiers: { discord: async () => (await import('./notifier.ts')).notifier },
};
