import type { Connection, Json } from '../../../src/core/contract/index.ts';
import { transport } from '../../../src/plugins/openssh/transport.ts';
import { fakeScope } from '../../../src/plugins/testing/scope.ts';
import type { SshServer } from '../support/sshServer.ts';

export type Options = { readonly [name: string]: Json };

/** Nothing of the configuration of whoever runs the test. */
export function byKey(to: SshServer, more: Options = {}): Options {
  return {
    host: to.host,
    port: to.port,
    user: to.user,
    identityFile: to.privateKeyPath,
    identitiesOnly: true,
    knownHostsFile: to.knownHostsPath,
    configFile: 'none',
    ...more,
  };
}

export async function connect(options: Options, scope = fakeScope()): Promise<Connection & AsyncDisposable> {
  const connection = await transport.create(transport.parse(options), scope).connect(scope);
  return { ...connection, [Symbol.asyncDispose]: () => connection.close() };
}
