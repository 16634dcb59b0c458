import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cloneOf, git } from '../histories/history.ts';
import { isInstalled, program } from '../program.ts';
import { environment, type Peer } from './peer.ts';

export const rsyncScriptPath = fileURLToPath(new URL('rsyncScript.sh', import.meta.url));

/** The script that a good administrator would write, which needs the commit in a work tree. */
export const rsyncScript: Peer = {
  name: 'rsync script',
  async missing() {
    const isThere = (await isInstalled('rsync', '--version')) && (await isInstalled('ssh', '-V'));
    return isThere ? null : 'rsync or ssh is not installed: apt-get install rsync openssh-client';
  },
  async open({ directory, deployPath, history }) {
    const clone = await cloneOf(history, join(directory, 'clone'));
    return {
      current: 'current',
      announce: async () => {},
      async deploy(commit, link) {
        const checkout = await program(['git', '-C', clone, 'checkout', '--quiet', commit]);
        const deploy = await program(
          ['bash', rsyncScriptPath, clone, link.sshConfigPath, 'bench', deployPath],
          {
            env: environment(directory),
          },
        );
        return { totalMs: checkout.ms + deploy.ms, checkoutMs: checkout.ms };
      },
      forget: async () => void (await git(clone, 'checkout', '--quiet', history.emptyCommit)),
    };
  },
};
