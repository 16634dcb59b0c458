import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isInstalled, program } from '../program.ts';
import { asRoot } from '../server.ts';
import { environment, type Peer, type Place } from './peer.ts';

/**
 * Capistrano 3 with its own git plugin. The repository it clones and updates from is a bare one on the server itself,
 * which is the best case: no third machine, and no network between.
 */
export const capistrano: Peer = {
  name: 'Capistrano 3',
  missing: async () =>
    (await isInstalled('cap', '--version')) ? null : 'cap is not installed: apt-get install capistrano',
  async open(place) {
    const { directory, history } = place;
    const repository = `${place.deployPath}.git`;
    await asRoot(place.server, ['git', 'init', '--quiet', '--bare', repository]);
    await asRoot(place.server, ['chown', '-R', place.server.user, repository]);
    await writeProject(place, repository);
    return {
      current: 'current',
      async announce(commit, link) {
        const url = `bench:${repository}`;
        await program(
          ['git', '-C', history.repository, 'push', '--quiet', url, `${commit}:refs/heads/main`],
          {
            env: { ...environment(directory), GIT_SSH_COMMAND: `ssh -F '${link.sshConfigPath}'` },
          },
        );
      },
      async deploy(_commit, link) {
        const { ms } = await program(['cap', 'production', 'deploy'], {
          cwd: directory,
          env: { ...environment(directory), BENCH_HOST: link.host, BENCH_PORT: String(link.port) },
        });
        return { totalMs: ms, checkoutMs: 0 };
      },
      forget: async () => {},
    };
  },
};

async function writeProject({ directory, deployPath, server }: Place, repository: string): Promise<void> {
  await mkdir(join(directory, 'config/deploy'), { recursive: true });
  await writeFile(
    join(directory, 'Capfile'),
    `require 'capistrano/setup'
require 'capistrano/deploy'
require 'capistrano/scm/git'
install_plugin Capistrano::SCM::Git
`,
  );
  await writeFile(
    join(directory, 'config/deploy.rb'),
    `set :application, 'bench'
set :repo_url, '${repository}'
set :branch, 'main'
set :deploy_to, '${deployPath}'
set :keep_releases, 3
`,
  );
  await writeFile(
    join(directory, 'config/deploy/production.rb'),
    `server ENV.fetch('BENCH_HOST'), user: '${server.user}', port: ENV.fetch('BENCH_PORT').to_i, roles: %w[app],
  ssh_options: {
    config: false, keys: ['${server.privateKeyPath}'], keys_only: true, auth_methods: %w[publickey],
    verify_host_key: :always, user_known_hosts_file: '${server.knownHostsPath}'
  }
`,
  );
}
