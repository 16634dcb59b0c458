import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StartedTestContainer } from 'testcontainers';
import { aroundSystemd } from './systemd.ts';
import { containerLabel, currentTestRun, type ImageName } from './testRun.ts';

export interface ServerOptions {
  readonly image: ImageName;
  /** Settings of sshd that win over the image's, for example `MaxSessions=1`. */
  readonly sshd?: readonly string[];
  /** Memory file systems: `{ '/srv/app': 'size=4m,uid=1000,gid=1000' }` (deploy is 1000) makes a small disk. */
  readonly tmpfs?: Readonly<Record<string, string>>;
  /** Names of volumes, and where each is: what is in them outlives a container, and may be seen by several. */
  readonly volumes?: Readonly<Record<string, string>>;
  /** Linux capabilities to add, for example `SYS_ADMIN`. */
  readonly capabilities?: readonly string[];
}

export interface SshServer extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly privateKeyPath: string;
  /** Holds this server's keys under the name that `host` and `port` make. */
  readonly knownHostsPath: string;
  readonly hostKeys: readonly HostKey[];
  /** The deploy path, as a client sees it. */
  readonly path: string;
  /** The same directory for `exec`: it differs where the client is shut into a part of the file system. */
  readonly pathInContainer: string;
  /** Of the web server; null where there is none. */
  readonly httpPort: number | null;
  readonly container: StartedTestContainer;
  /** Runs a program in the container, around SSH, as root unless told. */
  exec(argv: readonly string[], options?: { readonly user?: string }): Promise<ContainerExecResult>;
  /** Removes the container. May be called twice. */
  stop(): Promise<void>;
}

export interface HostKey {
  readonly type: string;
  readonly base64: string;
  /** As `ssh-keygen -l` prints it: `SHA256:…`. */
  readonly fingerprint: string;
}

export interface ContainerExecResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What images listen on besides SSH. */
const PORTS: Partial<Record<ImageName, readonly number[]>> = {
  nginx: [22, 80],
  runtimes: [22, 80, 8080, 3000, 8000],
  systemd: [22, 3000],
};

/** Starts a server in a container of its own; it accepts logins when this resolves. */
export async function startServer(options: ServerOptions): Promise<SshServer> {
  const run = currentTestRun();
  if (run === null) throw new Error('Servers need a test run: openTestRun() comes first.');
  const { GenericContainer, Wait } = await import('testcontainers');
  const around = options.image === 'systemd' ? await aroundSystemd() : null;
  const container = await new GenericContainer(run.images[options.image])
    .withLabels({ [containerLabel]: run.owner })
    .withEnvironment({ AUTHORIZED_KEYS: run.publicKey })
    .withCommand((options.sshd ?? []).flatMap((setting) => ['-o', setting]))
    .withTmpFs({ ...around?.tmpfs, ...options.tmpfs })
    .withBindMounts([
      ...Object.entries(options.volumes ?? {}).map(([source, target]) => ({ source, target })),
      ...(around?.mounts ?? []),
    ])
    .withAddedCapabilities(...(around?.capabilities ?? []), ...(options.capabilities ?? []))
    .withSecurityOpt(...(around?.securityOptions ?? []))
    .withExposedPorts(...(PORTS[options.image] ?? [22]))
    .withWaitStrategy(
      around === null
        ? Wait.forLogMessage('Server listening on')
        : Wait.forSuccessfulCommand(around.readyCommand),
    )
    .withStartupTimeout(60_000)
    .start();

  const host = container.getHost();
  const port = container.getMappedPort(22);
  const hostKeys = await readHostKeys(container);
  const directory = await mkdtemp(join(run.directory, 'server-'));
  const knownHostsPath = join(directory, 'known_hosts');
  await writeFile(
    knownHostsPath,
    hostKeys.map((key) => `[${host}]:${port} ${key.type} ${key.base64}\n`),
  );

  let stopped: Promise<void> | null = null;
  const stop = (): Promise<void> => {
    stopped ??= container
      .stop({ timeout: 0, remove: true, removeVolumes: true })
      .then(() => rm(directory, { recursive: true }));
    return stopped;
  };

  return {
    host,
    port,
    user: 'deploy',
    password: 'deploy',
    privateKeyPath: run.privateKeyPath,
    knownHostsPath,
    hostKeys,
    path: '/srv/app',
    pathInContainer: options.image === 'sftp-only' ? '/jail/srv/app' : '/srv/app',
    httpPort: options.image === 'nginx' ? container.getMappedPort(80) : null,
    container,
    exec: (argv, { user = 'root' } = {}) => container.exec([...argv], { user }),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

async function readHostKeys(container: StartedTestContainer): Promise<readonly HostKey[]> {
  const { exitCode, stdout, stderr } = await container.exec(['sh', '-c', 'cat /etc/ssh/ssh_host_*_key.pub']);
  if (exitCode !== 0) throw new Error(`The server has no host keys: ${stderr}`);
  return stdout
    .trim()
    .split('\n')
    .map((line) => {
      const [type = '', base64 = ''] = line.split(' ');
      return { type, base64, fingerprint: fingerprintOf(base64) };
    });
}

function fingerprintOf(base64: string): string {
  const digest = createHash('sha256').update(Buffer.from(base64, 'base64')).digest('base64');
  return `SHA256:${digest.replace(/=+$/, '')}`;
}
