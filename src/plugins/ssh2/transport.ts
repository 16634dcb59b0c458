import { defineExtension, type Transport } from '../../core/contract/index.ts';
import { Options } from './options.ts';

/** SSH in this process, by the ssh2 package, which loads when a connection is made. */
export const transport = defineExtension({
  parse: (raw) => Options.parse(raw),
  create: (options): Transport => ({
    address: showAddress(options),
    connect: async (scope) => (await import('./link/connect.ts')).connect(options, scope),
  }),
});

function showAddress({ user, host, port }: Options): string {
  return `${user === undefined ? '' : `${user}@`}${host}${port === undefined ? '' : `:${port}`}`;
}
