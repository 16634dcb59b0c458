import type { Plugin } from '../../core/contract/index.ts';

export const plugin: Plugin = {
  api: 1,
  name: 'docker',
  transports: { docker: async () => (await import('./transport.ts')).transport },
};
