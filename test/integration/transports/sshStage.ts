import { once } from 'node:events';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import type { Json, Transport } from '../../../src/core/contract/index.ts';
import { createRegistry } from '../../../src/core/registry/registry.ts';
import type { TransportPlace } from '../../../src/core/testing/transportConformance.ts';
import { builtIn } from '../../../src/plugins/register.ts';
import { makeKey } from '../../../src/plugins/ssh2/testing/server.ts';
import { fakeScope } from '../../../src/plugins/testing/scope.ts';
import { startProxy } from '../support/proxy.ts';
import { inContainer } from '../support/remoteTree.ts';
import { logUntil } from '../support/serverLog.ts';
import { type ServerOptions, type SshServer, startServer } from '../support/sshServer.ts';
import { currentTestRun } from '../support/testRun.ts';
import type { Stage } from './conform.ts';

export interface SshStageOptions extends Partial<ServerOptions> {
  readonly has: TransportPlace['has'];
  /** Run by root before the first case. */
  readonly prepare?: string;
  /** What sshd writes when it is done with that. Default: nothing. */
  readonly prepared?: RegExp;
  readonly noise?: string;
  /** Added to each direction. */
  readonly delayMs?: number;
  /**
   * The options of the transport for a server at this address. Default: those of ssh2, which are ssh_config's names.
   */
  readonly options?: (login: SshLogin) => { readonly [name: string]: Json };
}

export interface SshLogin {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly identityFile: string;
  readonly knownHostsFile: string;
  readonly isImpatient: boolean;
}

/** A transport by SSH, over a line of its own to a container of its own. */
export function sshStage(name: string, options: SshStageOptions): Stage {
  let server: SshServer;
  let proxy: Awaited<ReturnType<typeof startProxy>>;
  let silent: Server;
  let files: string;
  const optionsOf = options.options ?? ssh2Options;

  const transport = async (more: Partial<SshLogin> = {}): Promise<Transport> => {
    const extension = await createRegistry(builtIn).transport(name);
    const login = {
      host: proxy.host,
      port: proxy.port,
      user: server.user,
      identityFile: server.privateKeyPath,
      knownHostsFile: join(files, 'known_hosts'),
      isImpatient: false,
      ...more,
    };
    return extension.create(extension.parse(optionsOf(login)), fakeScope());
  };
  /** Of sshd for each connection. The first one, which listens, heeds no signal from inside. */
  const signalSessions = async (signal: 'STOP' | 'CONT') => {
    await inContainer(server, ['sh', '-c', SIGNAL_SESSIONS, 'sh', signal]);
  };
  const write = async (file: string, text: string) => {
    await writeFile(join(files, file), text, { mode: 0o600 });
    return join(files, file);
  };

  const place: TransportPlace = {
    has: options.has,
    ...(options.noise === undefined ? {} : { noise: options.noise }),
    transport,
    directory: () => server.path,
    unreachable: async () => {
      const gone = createServer().listen(0, '127.0.0.1');
      await once(gone, 'listening');
      const { port } = gone.address() as AddressInfo;
      await new Promise((resolve) => gone.close(resolve));
      return transport({ port });
    },
    unauthenticated: async () =>
      transport({ identityFile: await write('stranger', makeKey('ed25519').private) }),
    otherHostKey: async () => {
      const [type = '', key = ''] = makeKey('ed25519').public.split(' ');
      const line = `[${proxy.host}]:${proxy.port} ${type} ${key}\n`;
      return transport({ knownHostsFile: await write('other_hosts', line) });
    },
    silent: () => transport({ port: (silent.address() as AddressInfo).port }),
    cut: () => proxy.cutNow('reset'),
    pause: () => signalSessions('STOP'),
    resume: () => signalSessions('CONT'),
    impatient: () => transport({ isImpatient: true }),
  };

  return {
    place,
    begin: async () => {
      const run = currentTestRun();
      files = await mkdtemp(join(run?.directory ?? '', 'transport-'));
      server = await startServer({ image: 'openssh', ...options });
      if (options.prepare !== undefined) await inContainer(server, ['sh', '-euc', options.prepare]);
      if (options.prepared !== undefined) await logUntil(server, options.prepared);
      proxy = await startProxy({ host: server.host, port: server.port, delayMs: options.delayMs ?? 0 });
      await write(
        'known_hosts',
        server.hostKeys
          .map(({ type, base64 }) => `[${proxy.host}]:${proxy.port} ${type} ${base64}\n`)
          .join(''),
      );
      silent = createServer((socket) => socket.on('error', () => {}).resume()).listen(0, '127.0.0.1');
      await once(silent, 'listening');
    },
    end: async () => {
      silent?.close();
      await proxy?.close();
      await server?.stop();
    },
  };
}

const SIGNAL_SESSIONS = `for each in /proc/[0-9]*; do
  read -r name <"$each/comm" || continue
  [ "$name" != sshd ] || kill -s "$1" "\${each#/proc/}" || :
done 2>/dev/null`;

function ssh2Options({ isImpatient, ...login }: SshLogin): { readonly [name: string]: Json } {
  const patience = isImpatient ? { keepaliveInterval: '500ms', keepaliveCountMax: 2 } : {};
  return { ...login, ...patience, identitiesOnly: true, agent: false };
}
