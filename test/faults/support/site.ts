import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type CutoverProcess, type CutoverResult, startCutover } from '../../integration/support/cutover.ts';
import type { Tree } from '../../integration/support/gitRepository.ts';
import { createProject, type Project, serverEntry } from '../../integration/support/project.ts';
import { inContainer, tidiedIn } from '../../integration/support/remoteTree.ts';
import { scratch } from '../../integration/support/scratch.ts';
import { type ServerOptions, type SshServer, startServer } from '../../integration/support/sshServer.ts';

/** A group of servers (deploy paths in one container, or seen there) that begins every trial with the same two releases. */
export interface Site extends AsyncDisposable {
  readonly server: SshServer;
  readonly project: Project;
  /** Names of the servers, and where each has its deploy path. */
  readonly paths: ReadonlyMap<string, string>;
  readonly apart: ReadonlyMap<string, Apart>;
  /** Every commit, oldest first; the last one is what trials deploy, the one before it is live at their beginning. */
  readonly versions: readonly Version[];
  /** Writes the configuration, here and on the other machine. `entry` is added to that of every server. */
  configure(options?: SiteConfiguration): Promise<void>;
  /** Brings the servers back to the beginning, and gives a new home: a machine that knows nothing. */
  reset(): Promise<Machine>;
  /** Another machine: the configuration and the repository, in another directory, and an empty home. */
  elsewhere(): Promise<Machine>;
}

/** A server in a container of its own, whose deploy path is a volume that the container of the site has as well. */
export interface Apart {
  readonly server: SshServer;
  /** How a configuration names it, as far as it is not as the others. */
  readonly entry: object;
  isUp(): boolean;
}

export interface SiteConfiguration {
  /** Keys of the environment. */
  readonly environment?: object;
  readonly entry?: object;
  readonly postUpload?: readonly unknown[];
  readonly postLaunch?: readonly unknown[];
}

export interface Version {
  readonly revision: string;
  readonly text: string;
  /** Path to kind, mode and content, as `survey` writes them. */
  readonly entries: ReadonlyMap<string, string>;
}

export interface Machine {
  start(args: readonly string[]): CutoverProcess;
  /** Runs to the end, which has to come before the deadline: a hang is an error. */
  run(args: readonly string[], deadlineMs?: number): Promise<CutoverResult>;
}

const DEADLINE_MS = 90_000;

export interface SiteOptions {
  readonly names?: readonly string[];
  readonly server?: Partial<ServerOptions>;
  readonly apart?: ReadonlyMap<string, Apart>;
}

export async function openSite({
  names = ['web1'],
  server: options,
  apart = new Map(),
}: SiteOptions = {}): Promise<Site> {
  const server = await startServer({ image: 'openssh', ...options });
  const paths = new Map(names.map((name) => [name, `/srv/app/${name}`]));
  const project = await createProject({ servers: {} });
  const other = await scratch();
  const homes = await scratch();

  const machineIn = async (cwd: string): Promise<Machine> => {
    const home = await mkdtemp(join(homes.path, 'home-'));
    const start = (args: readonly string[]) => startCutover(args, { cwd, home });
    return {
      start,
      async run(args, deadlineMs = DEADLINE_MS) {
        const running = start(args);
        const timer = setTimeout(() => running.kill('SIGKILL'), deadlineMs);
        const { exitCode, stdout, stderr } = await running;
        clearTimeout(timer);
        return { exitCode: exitCode ?? null, stdout, stderr };
      },
    };
  };

  const configure = async ({
    environment,
    entry,
    postUpload,
    postLaunch,
  }: SiteConfiguration = {}): Promise<void> => {
    await project.configure({
      ...environment,
      keep: 2,
      shared: { directories: ['storage'] },
      commands: {
        postUpload: postUpload ?? [count('postUpload')],
        postLaunch: postLaunch ?? [count('postLaunch')],
      },
      servers: Object.fromEntries(
        [...paths].map(([name, path]) => [
          name,
          serverEntry(server, { path, ...QUICK, ...entry, ...apart.get(name)?.entry }),
        ]),
      ),
    });
    await cp(join(project.path, 'cutover.yaml'), join(other.path, 'cutover.yaml'));
  };

  const close = async (): Promise<void> => {
    await project[Symbol.asyncDispose]();
    await other.remove();
    await homes.remove();
    await server.stop();
  };

  try {
    await inContainer(server, ['sh', '-c', BEGIN]);
    await configure();
    const versions: Version[] = [];
    const commit = async (text: string): Promise<void> => {
      const tree = treeOf(text);
      versions.push({
        revision: await project.repository.commit(tree, text),
        text,
        entries: entriesOf(tree),
      });
    };
    const first = await machineIn(project.path);
    for (const text of ['one', 'two']) {
      await commit(text);
      const { exitCode, stderr } = await first.run(['deploy', 'production']);
      if (exitCode !== 0) throw new Error(`The trials cannot begin: ${stderr}`);
    }
    await commit('three');
    await cp(join(project.path, 'repository'), join(other.path, 'repository'), { recursive: true });
    await allTidied({ server, paths, apart });
    await inContainer(server, ['sh', '-c', 'rm -rf /srv/log/* && cp -a /srv/app /srv/base']);
    return {
      server,
      project,
      paths,
      apart,
      versions,
      configure,
      async reset() {
        await rm(homes.path, { recursive: true, force: true });
        await mkdir(homes.path);
        for (const each of apart.values()) await inContainer(each.server, ['sh', '-c', KILL_ALL]);
        await inContainer(server, ['sh', '-c', RESET]);
        return machineIn(project.path);
      },
      elsewhere: () => machineIn(other.path),
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Until no tidying is at work on any server: its processes are known only in its own container. */
export async function allTidied({
  server,
  paths,
  apart,
}: Pick<Site, 'server' | 'paths' | 'apart'>): Promise<void> {
  const together = [...paths].flatMap(([name, path]) => (apart.has(name) ? [] : [path]));
  await tidiedIn(server, ...together);
  for (const [name, its] of apart) if (its.isUp()) await tidiedIn(its.server, paths.get(name)!);
}

/** A dead connection is noticed within three seconds. */
const QUICK = { keepaliveInterval: '1s', keepaliveCountMax: 2, connectTimeout: '5s' };

/** Leaves a line outside of the deploy path each time a command is started. */
export const count = (what: string): string =>
  `echo "${what} $CUTOVER_SERVER $CUTOVER_RELEASE \${CUTOVER_ROLLBACK:-}" >>/srv/log/commands`;

const BEGIN = `mkdir -p /srv/log /srv/canary/deep && chown deploy:deploy /srv/log /srv/canary /srv/canary/deep
echo "outside of every deploy path" >/srv/canary/deep/file && ln -s deep /srv/canary/link && chown -R deploy:deploy /srv/canary`;

/** What still runs of an earlier trial must not reach into this one. */
const KILL_ALL = 'pkill -KILL -u deploy || :';

/** A deploy path may be a volume. Copies are no change since the stamp. */
const RESET = `${KILL_ALL}; rm -rf /run/fault
cd /srv/app && find . -mindepth 2 -delete && cp -a /srv/base/. . && touch */.cutover/standby/g-*/stamp && rm -f /srv/log/*`;

function treeOf(text: string): Tree {
  return {
    version: text,
    'aa/first': `first of ${text}`,
    'zz/last': `last of ${text}`,
    'always.txt': 'the same in every version',
    [`only/${text}.txt`]: text,
    'large.bin': Buffer.alloc(60_000, text),
    'bin/tool': { executable: `#!/bin/sh\necho ${text}\n` },
    link: { link: 'always.txt' },
  };
}

function entriesOf(tree: Tree): ReadonlyMap<string, string> {
  const entries = new Map<string, string>([['storage', 'l 777 ../../shared/storage']]);
  for (const [path, entry] of Object.entries(tree)) {
    for (let at = path.indexOf('/'); at !== -1; at = path.indexOf('/', at + 1)) {
      entries.set(path.slice(0, at), 'd 755');
    }
    if (typeof entry === 'string' || entry instanceof Uint8Array) entries.set(path, `f 644 ${sha256(entry)}`);
    else if ('link' in entry) entries.set(path, `l 777 ${entry.link}`);
    else entries.set(path, `f 755 ${sha256(entry.executable)}`);
  }
  return entries;
}

function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
