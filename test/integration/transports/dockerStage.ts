import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { Json, Transport } from '../../../src/core/contract/index.ts';
import { createRegistry } from '../../../src/core/registry/registry.ts';
import { builtIn } from '../../../src/plugins/register.ts';
import { fakeScope } from '../../../src/plugins/testing/scope.ts';
import { type SshServer, startServer } from '../support/sshServer.ts';
import type { ImageName } from '../support/testRun.ts';
import type { Stage } from './conform.ts';

/** The way to the engine, as to one on another machine: what a cut or a pause is made of. */
export interface EngineLine extends AsyncDisposable {
  /** For the option `host`. */
  readonly host: string;
  cut(): void;
  pause(): void;
  resume(): void;
}

export async function startEngineLine(): Promise<EngineLine> {
  const sockets = new Set<Socket>();
  const clients = new Set<Socket>();
  let isPaused = false;
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).once('close', () => sockets.delete(socket));
  };
  const pipe = (from: Socket, to: Socket) => {
    from.on('data', (chunk) => {
      if (!to.write(chunk)) from.pause();
    });
    to.on('drain', () => !isPaused && from.resume());
    from.once('end', () => to.end()).once('close', () => to.destroy());
    if (isPaused) from.pause();
  };
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const engine = connect({ path: engineSocket(), allowHalfOpen: true });
    for (const socket of [client, engine]) keep(socket);
    clients.add(client);
    client.once('close', () => clients.delete(client));
    pipe(client, engine);
    pipe(engine, client);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    host: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut: () => {
      for (const socket of clients) socket.resetAndDestroy();
    },
    pause: () => {
      isPaused = true;
      for (const socket of sockets) socket.pause();
    },
    resume: () => {
      isPaused = false;
      for (const socket of sockets) socket.resume();
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function engineSocket(): string {
  return (process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock').replace(/^unix:\/\//, '');
}

/** A container of the given image, reached without its sshd. */
export function dockerStage(image: ImageName): Stage {
  let server: SshServer;
  let line: EngineLine;
  let silent: Server;
  const transport = async (more: { readonly [name: string]: Json } = {}): Promise<Transport> => {
    const extension = await createRegistry(builtIn).transport('docker');
    const options = { container: server.container.getId(), user: 'deploy', host: line.host, ...more };
    return extension.create(extension.parse(options), fakeScope());
  };
  return {
    place: {
      has: ['exec', 'posixShell'],
      transport,
      unreachable: () => transport({ container: 'no-such-container' }),
      silent: () => transport({ host: `tcp://127.0.0.1:${(silent.address() as AddressInfo).port}` }),
      cut: () => line.cut(),
      pause: () => line.pause(),
      resume: () => line.resume(),
      impatient: () => transport({ keepaliveInterval: '300ms', keepaliveCountMax: 2 }),
    },
    begin: async () => {
      server = await startServer({ image });
      line = await startEngineLine();
      silent = createServer((socket) => socket.on('error', () => {}).resume()).listen(0, '127.0.0.1');
      await once(silent, 'listening');
    },
    end: async () => {
      silent?.close();
      await line?.[Symbol.asyncDispose]();
      await server?.stop();
    },
  };
}
