import type { Plugin } from '../../core/contract/index.ts';

export const plugin: Plugin = {
  api: 1,
  name: 'ssh2',
  transports: {
    ssh2: async () => (await import('./transport.ts')).transport,
    sftp: async () => (await import('./transport.ts')).withoutCommands,
  },
};
