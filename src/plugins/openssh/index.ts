import type { Plugin } from '../../core/contract/index.ts';

export const plugin: Plugin = {
  api: 1,
  name: 'openssh',
  transports: { openssh: async () => (await import('./transport.ts')).transport },
};
