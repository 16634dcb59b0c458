import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { containerLabel, currentTestRun } from '../test/integration/support/testRun.ts';
import { asRoot, type BenchServer, ensureImage, settled } from './server.ts';

/** Many servers, each an sshd of its own, in a few containers. */
export interface Fleet extends AsyncDisposable {
  readonly servers: readonly FleetServer[];
  readonly user: string;
  readonly privateKeyPath: string;
  readonly knownHostsPath: string;
  /** As `settled` of one server, for all of them. */
  settled(): Promise<number>;
}

export interface FleetServer {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly container: Pick<BenchServer, 'exec'>;
}

const perContainer = 60;
const fewestContainers = 2;
const firstPort = 2201;

/** They are reached by the addresses of their containers, since a port that is forwarded is a process more for each. */
export async function startFleet(size: number, directory: string): Promise<Fleet> {
  const run = currentTestRun();
  if (run === null) throw new Error('Servers need a test run.');
  const { GenericContainer, Wait } = await import('testcontainers');
  const image = await ensureImage();
  const count = Math.max(fewestContainers, Math.ceil(size / perContainer));
  const started = await Promise.all(
    Array.from({ length: count }, () =>
      new GenericContainer(image)
        .withLabels({ [containerLabel]: run.owner })
        .withEnvironment({ AUTHORIZED_KEYS: run.publicKey })
        .withWaitStrategy(Wait.forLogMessage('Server listening on'))
        .start(),
    ),
  );
  const containers = started.map((each) => ({
    host: each.getIpAddress('bridge'),
    exec: (argv: readonly string[]) => each.exec([...argv]),
  }));
  const servers = Array.from({ length: size }, (_, index): FleetServer => {
    const container = containers[index % count]!;
    const port = firstPort + Math.floor(index / count);
    return { name: `web${index + 1}`, host: container.host, port, container };
  });
  const knownHostsPath = join(directory, 'known_hosts');
  const known: string[] = [];
  for (const container of containers) {
    const mine = servers.filter((server) => server.container === container);
    const start = 'for port; do /usr/sbin/sshd -p "$port" -o PidFile=none; done';
    await asRoot(container, ['sh', '-c', start, 'sh', ...mine.map(({ port }) => String(port))]);
    const keys = await asRoot(container, ['sh', '-c', 'cat /etc/ssh/ssh_host_*_key.pub']);
    for (const { host, port } of mine)
      for (const key of keys.trim().split('\n'))
        known.push(`[${host}]:${port} ${key.split(' ').slice(0, 2).join(' ')}\n`);
  }
  await writeFile(knownHostsPath, known);
  const user = 'deploy';
  return {
    servers,
    user,
    privateKeyPath: run.privateKeyPath,
    knownHostsPath,
    async settled() {
      return Math.max(...(await Promise.all(containers.map(({ exec }) => settled({ exec, user })))));
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(started.map((each) => each.stop({ timeout: 0, remove: true, removeVolumes: true })));
    },
  };
}
