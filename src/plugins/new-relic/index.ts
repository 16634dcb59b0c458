import type { Plugin } from '../../core/contract/index.ts';

export const plugin: Plugin = {
  api: 1,
  name: 'new-relic',
  notifiers: { 'new-relic': async () => (await import('./notifier.ts')).notifier },
};
