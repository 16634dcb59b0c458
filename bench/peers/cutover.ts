import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cloneOf, git } from '../histories/history.ts';
import type { Link } from '../links.ts';
import { type ProgramOptions, program } from '../program.ts';
import { environment, type Peer, type Place } from './peer.ts';

export const bin = fileURLToPath(new URL('../../bin/cutover.js', import.meta.url));

export type CutoverPlace = Pick<Place, 'directory' | 'deployPath' | 'server'>;

/** `cutover deploy` of a commit. */
export const cutover: Peer = {
  name: 'cutover deploy, git source',
  missing: async () => null,
  open: async (place) => openCutover(place, { git: place.history.repository }),
};

/** `cutover deploy` of a directory, in which the commit was checked out before. */
export const cutoverDirectory: Peer = {
  name: 'cutover deploy, directory source',
  missing: async () => null,
  async open(place) {
    const clone = await cloneOf(place.history, join(place.directory, 'clone'));
    const deployer = await openCutover(place, { directory: clone, exclude: ['/.git'] });
    return {
      ...deployer,
      announce: async (commit) => void (await git(clone, 'checkout', '--quiet', commit)),
    };
  },
};

/** `source` as in the configuration. */
export async function openCutover(place: CutoverPlace, source: object, options: ProgramOptions = {}) {
  const home = join(place.directory, 'home');
  const state = join(home, 'state');
  await mkdir(join(home, '.ssh'), { recursive: true, mode: 0o700 });
  return {
    current: 'current',
    announce: async () => {},
    async deploy(_commit: string, link: Pick<Link, 'host' | 'port'>) {
      await configure(place, source, link);
      const { ms } = await program([process.execPath, bin, 'deploy', 'production', '--yes'], {
        ...options,
        cwd: place.directory,
        env: { ...environment(home), CUTOVER_STATE_DIR: state },
      });
      return { totalMs: ms, checkoutMs: 0 };
    },
    forget: () => rm(state, { recursive: true, force: true }),
  };
}

async function configure(
  { directory, server, deployPath }: CutoverPlace,
  source: object,
  link: Pick<Link, 'host' | 'port'>,
): Promise<void> {
  const entry = {
    transport: 'ssh2',
    host: link.host,
    port: link.port,
    user: server.user,
    identityFile: server.privateKeyPath,
    knownHostsFile: server.knownHostsPath,
    agent: false,
    path: deployPath,
  };
  await writeConfiguration(directory, source, { web: entry });
}

/** Servers by name. */
export async function writeConfiguration(
  directory: string,
  source: object,
  servers: Readonly<Record<string, object>>,
): Promise<void> {
  const branch = 'git' in source ? { branch: 'main' } : {};
  const production = { ...branch, keep: 3, servers };
  const config = { application: 'bench', source, environments: { production } };
  // JSON is YAML.
  await writeFile(join(directory, 'cutover.yaml'), JSON.stringify(config));
}
