import type { Plugin } from '../../core/contract/index.ts';

export const plugin: Plugin = {
  api: 1,
  name: 'slack',
  notifiers: { slack: async () => (await import('./notifier.ts')).notifier },
};
