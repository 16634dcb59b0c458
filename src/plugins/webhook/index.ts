import type { Plugin } from '../../core/contract/index.ts';

export const plugin: Plugin = {
  api: 1,
  name: 'webhook',
  notifiers: { webhook: async () => (await import('./notifier.ts')).notifier },
};
