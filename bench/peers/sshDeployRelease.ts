import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cloneOf, git } from '../histories/history.ts';
import { isInstalled, messageOf, program } from '../program.ts';
import { environment, type Peer, type Place } from './peer.ts';

const version = '4.0.1';

/**
 * npm's ssh-deploy-release, which needs the commit in a work tree. In its mode `synchronize` (rsync, without
 * compression), because the other one sends the whole site each time, in pieces of 500 bytes.
 */
export function sshDeployRelease(installDirectory: string): Peer {
  const installing = once(() => install(installDirectory));
  return {
    name: `ssh-deploy-release ${version}`,
    async missing() {
      if (!(await isInstalled('rsync', '--version'))) return 'rsync is not installed: apt-get install rsync';
      return installing();
    },
    open: (place) => open(place, installDirectory),
  };
}

async function open(place: Place, installDirectory: string) {
  const { directory, history } = place;
  const clone = await cloneOf(history, join(directory, 'clone'));
  const script = join(installDirectory, 'deploy.cjs');
  return {
    current: 'www',
    announce: async () => {},
    async deploy(commit: string, link: { host: string; port: number; sshConfigPath: string }) {
      const checkout = await program(['git', '-C', clone, 'checkout', '--quiet', commit]);
      const deploy = await program(
        [process.execPath, script, JSON.stringify(optionsOf(place, clone, link))],
        {
          cwd: directory,
          env: environment(directory),
        },
      );
      return { totalMs: checkout.ms + deploy.ms, checkoutMs: checkout.ms };
    },
    forget: async () => void (await git(clone, 'checkout', '--quiet', history.emptyCommit)),
  };
}

function optionsOf(
  { server, deployPath }: Place,
  localPath: string,
  link: { host: string; port: number; sshConfigPath: string },
): object {
  return {
    mode: 'synchronize',
    compression: false,
    localPath,
    exclude: ['/.git'],
    host: link.host,
    port: link.port,
    username: server.user,
    privateKeyFile: server.privateKeyPath,
    // The last one counts; the tool's own writes into the known_hosts of whoever runs this.
    rsyncOptions: [`--rsh='ssh -F ${link.sshConfigPath}'`],
    deployPath,
    releasesToKeep: 3,
  };
}

async function install(directory: string): Promise<string | null> {
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'package.json'), '{}');
  await writeFile(
    join(directory, 'deploy.cjs'),
    `const Application = require('ssh-deploy-release');
new Application(JSON.parse(process.argv[2])).deployRelease(() => {});
`,
  );
  const argv = [
    'npm',
    'install',
    '--no-audit',
    '--no-fund',
    '--ignore-scripts',
    `ssh-deploy-release@${version}`,
  ];
  return program(argv, { cwd: directory }).then(
    () => null,
    (error: unknown) => `npm install ssh-deploy-release@${version} failed: ${messageOf(error)}`,
  );
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null;
  return () => {
    made ??= make();
    return made;
  };
}
