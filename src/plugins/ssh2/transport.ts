import { type Connection, defineExtension, type Scope, type Transport } from '../../core/contract/index.ts';
import { Options } from './options.ts';

/** SSH in this process, by the ssh2 package, which loads when a connection is made. */
export const transport = defineExtension({
  parse: (raw) => Options.parse(raw),
  create: (options): Transport => ({
    address: showAddress(options),
    connect: (scope) => connect(options, scope),
  }),
});

/** The same, for a login that has no shell or must not use it: no command is ever asked for, so there is no `exec`. */
export const withoutCommands = defineExtension({
  parse: (raw) => Options.parse(raw),
  create: (options): Transport => ({
    address: showAddress(options),
    connect: async (scope) => {
      const { exec: _, ...connection } = await connect(options, scope);
      return connection;
    },
  }),
});

async function connect(options: Options, scope: Scope): Promise<Connection> {
  const link = await import('./link/connect.ts');
  return link.connect(options, scope);
}

function showAddress({ user, host, port }: Options): string {
  return `${user === undefined ? '' : `${user}@`}${host}${port === undefined ? '' : `:${port}`}`;
}
