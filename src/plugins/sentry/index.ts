import type { Plugin } from '../../core/contract/index.ts';

export const plugin: Plugin = {
  api: 1,
  name: 'sentry',
  notifiers: { sentry: async () => (await import('./notifier.ts')).notifier },
};
