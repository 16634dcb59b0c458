import type { Plugin } from '../../core/contract/index.ts';

export const plugin: Plugin = {
  api: 1,
  name: 'teams',
  notifiers: { teams: async () => (await import('./notifier.ts')).notifier },
};
