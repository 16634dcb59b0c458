import { mkdtemp, readdir, readFile, realpath, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

export type ImageName = 'openssh' | 'busybox' | 'sftp-only' | 'nginx' | 'faulty' | 'runtimes' | 'systemd';

/** What all test files of one run share. */
export interface TestRun {
  /** Marks our containers: `<host name>/<process id>` of the run that started them. */
  readonly owner: string;
  /** A scratch directory, removed when the run ends. */
  readonly directory: string;
  /** An ed25519 key without a passphrase, made for this run. Every server lets it in. */
  readonly privateKeyPath: string;
  readonly publicKey: string;
  /** The tag of each image. */
  readonly images: Readonly<Record<ImageName, string>>;
}

export const containerLabel = 'org.cutover.test';

const directoryPrefix = `cutover-run-${hostname()}-`;

const variable = 'CUTOVER_TEST_RUN';

/**
 * Prepares the engine, the images and a key; the run is then known to this process and its children.
 * Throws when there is no Docker engine.
 */
export async function openTestRun(): Promise<TestRun & AsyncDisposable> {
  const images = await ensureImages();
  await removeOrphans();
  const directory = await mkdtemp(join(await realpath(tmpdir()), `${directoryPrefix}${process.pid}-`));
  const privateKeyPath = join(directory, 'id_ed25519');
  await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'cutover-test', '-f', privateKeyPath]);
  const publicKey = (await readFile(`${privateKeyPath}.pub`, 'utf8')).trim();
  const owner = `${hostname()}/${process.pid}`;
  const run: TestRun = { owner, directory, privateKeyPath, publicKey, images };
  process.env[variable] = JSON.stringify(run);
  settleTestcontainers();
  return { ...run, [Symbol.asyncDispose]: () => close(run) };
}

/** The run that this process belongs to, or null. */
export function currentTestRun(): TestRun | null {
  const text = process.env[variable];
  return text === undefined ? null : (JSON.parse(text) as TestRun);
}

async function ensureImages(): Promise<TestRun['images']> {
  const script = fileURLToPath(new URL('../../../docker/ensure-engine.sh', import.meta.url));
  const result = await execa('bash', [script], {
    stdin: 'ignore',
    stderr: ['pipe', 'inherit'],
    reject: false,
  });
  if (result.exitCode !== 0) throw new Error(result.stderr || result.shortMessage || `${script} failed`);
  return Object.fromEntries(result.stdout.split('\n').map((line) => line.split(' '))) as TestRun['images'];
}

function settleTestcontainers(): void {
  // Its cleaner would be one more image to pull: the label does that work here.
  process.env.TESTCONTAINERS_RYUK_DISABLED = 'true';
  // `localhost` may also be ::1, where Docker can publish another port.
  const engine = process.env.DOCKER_HOST ?? 'unix:';
  if (engine.startsWith('unix:')) process.env.TESTCONTAINERS_HOST_OVERRIDE ??= '127.0.0.1';
}

async function close(run: TestRun): Promise<void> {
  const left = await containers((owner) => owner === run.owner);
  if (left.length > 0) process.stderr.write(`Removing ${left.length} container(s) that no test stopped.\n`);
  await remove(left);
  await removeVolumes((owner) => owner === run.owner);
  await rm(run.directory, { recursive: true, force: true });
  delete process.env[variable];
}

/**
 * Removes what killed runs left: containers, volumes and scratch directories whose process is gone. Those of another
 * machine are not ours to judge.
 */
export async function removeOrphans(): Promise<void> {
  const isOrphaned = (owner: string): boolean => {
    const [host, pid] = owner.split('/');
    return host === hostname() && !isAlive(Number(pid));
  };
  await remove(await containers(isOrphaned));
  await removeVolumes(isOrphaned);
  for (const name of await readdir(tmpdir())) {
    if (!name.startsWith(directoryPrefix)) continue;
    const pid = Number.parseInt(name.slice(directoryPrefix.length), 10);
    if (!isAlive(pid)) await rm(join(tmpdir(), name), { recursive: true, force: true });
  }
}

type OwnerTest = (owner: string) => boolean;

const containers = (isWanted: OwnerTest) => labelled(['ps', '--all'], 'ID', isWanted);

async function labelled(list: readonly string[], name: string, isWanted: OwnerTest) {
  const format = `{{.${name}}} {{.Label "${containerLabel}"}}`;
  const args = [...list, '--filter', `label=${containerLabel}`, '--format', format];
  const { stdout } = await execa('docker', args);
  return stdout
    .split('\n')
    .map((line) => line.split(' '))
    .flatMap(([id = '', owner = '']) => (id !== '' && isWanted(owner) ? [id] : []));
}

async function remove(ids: readonly string[]): Promise<void> {
  if (ids.length > 0) await execa('docker', ['rm', '--force', '--volumes', ...ids]);
}

async function removeVolumes(isWanted: OwnerTest): Promise<void> {
  const names = await labelled(['volume', 'ls'], 'Name', isWanted);
  if (names.length > 0) await execa('docker', ['volume', 'rm', '--force', ...names]);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
