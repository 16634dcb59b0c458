import type { Plugin } from '../../core/contract/index.ts';

export const plugin: Plugin = {
  api: 1,
  name: 'google-chat',
  notifiers: { 'google-chat': async () => (await import('./notifier.ts')).notifier },
};
