import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startProxy } from '../test/integration/support/proxy.ts';
import { startRateLimit } from './rateLimit.ts';
import { type BenchServer, trust } from './server.ts';

/** A way to a server. */
export interface Link {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** For `ssh -F`: the server is the host `bench` in it. */
  readonly sshConfigPath: string;
}

export interface Links extends AsyncDisposable {
  readonly loopback: Link;
  /** 50 ms each way. Connecting itself is not slowed, so everybody has one round trip less than on a real line. */
  readonly far: Link;
  /** 20 MB/s, no delay. */
  readonly narrow: Link;
}

export const roundTripMs = 100;
const narrowBytesPerSec = 20_000_000;

export async function openLinks(server: BenchServer, directory: string): Promise<Links> {
  const stack = new AsyncDisposableStack();
  const proxy = stack.use(await startProxy({ port: server.port, delayMs: roundTripMs / 2 }));
  const limit = stack.use(await startRateLimit(server.port, narrowBytesPerSec));
  for (const { port } of [proxy, limit]) await trust(server, port);
  return {
    loopback: await link(server, directory, 'loopback', server.port),
    far: await link(server, directory, `${roundTripMs} ms round trip`, proxy.port),
    narrow: await link(server, directory, '20 MB/s', limit.port),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

async function link(server: BenchServer, directory: string, name: string, port: number): Promise<Link> {
  const sshConfigPath = join(directory, `ssh_config.${port}`);
  const settings = [
    // The name for ours, the address for who is given only that.
    `Host bench ${server.host}`,
    `HostName ${server.host}`,
    `Port ${port}`,
    `User ${server.user}`,
    `IdentityFile ${server.privateKeyPath}`,
    'IdentitiesOnly yes',
    'BatchMode yes',
    'StrictHostKeyChecking yes',
    `UserKnownHostsFile ${server.knownHostsPath}`,
    'GlobalKnownHostsFile none',
  ];
  await writeFile(sshConfigPath, `${settings.join('\n')}\n`);
  return { name, host: server.host, port, sshConfigPath };
}
