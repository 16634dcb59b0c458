import type { Plugin } from '../../core/contract/index.ts';

export const plugin: Plugin = {
  api: 1,
  name: 'hipchat',
  notifiers: { hipchat: async () => (await import('./notifier.ts')).notifier },
};
