import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { containerLabel, type TestRun } from '../test/integration/support/testRun.ts';

const run = promisify(execFile);

/** What a deployment needs to know of a server; one of the integration tests' will do as well. */
export interface BenchServer {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly privateKeyPath: string;
  /** Its host keys stand there as `[host]:port`, for every port that leads to it. */
  readonly knownHostsPath: string;
  /** The directory that holds all deploy paths. */
  readonly path: string;
  /** As root, around SSH. */
  exec(argv: readonly string[]): Promise<{ exitCode: number; stdout: string; stderr: string }>;
  stop(): Promise<void>;
}

/** Starts the image `bench`; it accepts logins when this resolves. */
export async function startBenchServer(testRun: TestRun): Promise<BenchServer> {
  const directory = join(testRun.directory, 'bench-server');
  await mkdir(directory);
  const { GenericContainer, Wait } = await import('testcontainers');
  const container = await new GenericContainer(await ensureImage())
    .withLabels({ [containerLabel]: testRun.owner })
    .withEnvironment({ AUTHORIZED_KEYS: testRun.publicKey })
    .withExposedPorts(22)
    .withWaitStrategy(Wait.forLogMessage('Server listening on'))
    .start();
  const exec: BenchServer['exec'] = (argv) => container.exec([...argv]);
  const server: BenchServer = {
    host: container.getHost(),
    port: container.getMappedPort(22),
    user: 'deploy',
    privateKeyPath: testRun.privateKeyPath,
    knownHostsPath: join(directory, 'known_hosts'),
    path: '/srv/app',
    exec,
    stop: async () => {
      await container.stop({ timeout: 0, remove: true, removeVolumes: true });
    },
  };
  await writeFile(server.knownHostsPath, '');
  await trust(server, server.port);
  return server;
}

/** Makes the server known under one more port of this machine. */
export async function trust(server: BenchServer, port: number): Promise<void> {
  const { stdout } = await server.exec(['sh', '-c', 'cat /etc/ssh/ssh_host_*_key.pub']);
  const lines = stdout
    .trim()
    .split('\n')
    .map((key) => `[${server.host}]:${port} ${key.split(' ').slice(0, 2).join(' ')}\n`);
  await writeFile(server.knownHostsPath, lines, { flag: 'a' });
}

/** Waits until no process of the user is left, a detached one included, and says how long it took. */
export async function settled(server: BenchServer): Promise<number> {
  const wait =
    'n=0; while pgrep -u "$1" >/dev/null && [ $n -lt 2400 ]; do sleep 0.05; n=$((n + 1)); done; echo $n';
  const { stdout } = await server.exec(['sh', '-c', wait, 'sh', server.user]);
  return Number(stdout) * 50;
}

async function ensureImage(): Promise<string> {
  const script = fileURLToPath(new URL('../docker/ensure-engine.sh', import.meta.url));
  const { stdout } = await run('bash', [script, 'bench']);
  return stdout.trim().split(' ')[1]!;
}
