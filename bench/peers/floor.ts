import { join } from 'node:path';
import { cloneOf, git } from '../histories/history.ts';
import { isInstalled, program } from '../program.ts';
import { environment, type Peer } from './peer.ts';

const missing = async () =>
  (await isInstalled('ssh', '-V')) ? null : 'ssh is not installed: apt-get install openssh-client';

/** A login and nothing else. */
export const sshTrue: Peer = {
  name: 'ssh host true',
  missing,
  open: async ({ directory }) => ({
    current: null,
    announce: async () => {},
    async deploy(_commit, link) {
      const { ms } = await program(['ssh', '-F', link.sshConfigPath, 'bench', 'true'], {
        env: environment(directory),
      });
      return { totalMs: ms, checkoutMs: 0 };
    },
    forget: async () => {},
  }),
};

const pipeline =
  'set -o pipefail; tar -C "$1" --exclude=./.git -cf - . | ssh -F "$2" bench "mkdir $3/cache && tar -C $3/cache -xf - && cp -al $3/cache $3/release"';

/** The least that a first deployment costs: a work tree that is there already, sent and cloned over one connection. */
export const tarPipe: Peer = {
  name: 'tar piped through ssh to tar, then cp -al',
  missing,
  async open({ directory, deployPath, history }) {
    const clone = await cloneOf(history, join(directory, 'clone'));
    return {
      current: 'release',
      announce: async (commit) => void (await git(clone, 'checkout', '--quiet', commit)),
      async deploy(_commit, link) {
        const argv = ['bash', '-c', pipeline, 'bash', clone, link.sshConfigPath, deployPath];
        const { ms } = await program(argv, { env: environment(directory) });
        return { totalMs: ms, checkoutMs: 0 };
      },
      forget: async () => {},
    };
  },
};
