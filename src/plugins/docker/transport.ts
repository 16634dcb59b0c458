import { defineExtension, type Transport } from '../../core/contract/index.ts';
import { Options } from './options.ts';

/** A running container, by the command line of its engine. Nothing has to run in it but what it is for. */
export const transport = defineExtension({
  parse: (raw) => Options.parse(raw),
  create: (options): Transport => ({
    address: `the container ${options.container}${options.host === undefined ? '' : ` at ${options.host}`}`,
    connect: async (scope) => (await import('./connect.ts')).connect(options, scope),
  }),
});
