import { defineExtension, type Transport } from '../../core/contract/index.ts';
import { Options } from './options.ts';

/** SSH by the user's own `ssh`, with all that it can do. One connection to a server, held by a master (ssh_config, ControlMaster). */
export const transport = defineExtension({
  parse: (raw) => Options.parse(raw),
  create: (options): Transport => ({
    address: showAddress(options),
    connect: async (scope) => (await import('./connect.ts')).connect(options, scope),
  }),
});

function showAddress({ user, host, port }: Options): string {
  return `${user === undefined ? '' : `${user}@`}${host}${port === undefined ? '' : `:${port}`}`;
}
