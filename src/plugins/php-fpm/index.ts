import type { Plugin } from '../../core/contract/index.ts';

export const plugin: Plugin = {
  api: 1,
  name: 'php-fpm',
  hooks: { 'php-fpm': async () => (await import('./hook.ts')).hook },
};
