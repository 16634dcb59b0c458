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
  const keys = await asRoot(server, ['sh', '-c', 'cat /etc/ssh/ssh_host_*_key.pub']);
  const lines = keys
    .trim()
    .split('\n')
    .map((key) => `[${server.host}]:${port} ${key.split(' ').slice(0, 2).join(' ')}\n`);
  await writeFile(server.knownHostsPath, lines, { flag: 'a' });
}

/** What a program on the server prints. Throws when it ends with another status than 0. */
export async function asRoot(server: Pick<BenchServer, 'exec'>, argv: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await server.exec(argv);
  if (exitCode === 0) return stdout;
  throw new Error(`${argv[0]} on the server ended with ${exitCode}: ${stderr.trim() || stdout.trim()}`);
}

/**
 * Waits until no process of the user is left, a detached one included, and says how long it took. Throws when one is
 * left after two minutes.
 */
export async function settled(server: Pick<BenchServer, 'exec' | 'user'>): Promise<number> {
  const wait = `n=0; while pgrep -u "$1" >/dev/null; do
[ $n -lt 2400 ] || { ps -o args= -u "$1" | head -n 3 >&2; exit 1; }
sleep 0.05; n=$((n + 1)); done; echo $n`;
  return Number(await asRoot(server, ['sh', '-c', wait, 'sh', server.user])) * 50;
}

export async function ensureImage(): Promise<string> {
  const script = fileURLToPath(new URL('../docker/ensure-engine.sh', import.meta.url));
  const { stdout } = await run('bash', [script, 'bench']);
  return stdout.trim().split(' ')[1]!;
}
