import { conform } from './conform.ts';
import { sshStage } from './sshStage.ts';

const has = ['exec', 'sftp', 'posixShell'] as const;
const shell = (path: string) => `usermod --shell ${path} deploy`;
const PRINTS = `cd /home/deploy
echo 'echo Welcome to prod' >.bashrc
echo 'echo Not seen, because this is no login shell' >.profile
chown deploy: .bashrc .profile
# The other one is started by the shell, and what that prints comes first.
echo 'Subsystem sftp internal-sftp' >/etc/ssh/sshd_config.d/image.conf
kill -HUP 1`;

conform(
  'ssh2, noisy',
  sshStage('ssh2', {
    has,
    prepare: PRINTS,
    prepared: /SIGHUP[\s\S]*Server listening/,
    noise: 'Welcome to prod\n',
  }),
);
conform('ssh2, BusyBox', sshStage('ssh2', { has, image: 'busybox' }));
conform('ssh2, dash', sshStage('ssh2', { has, prepare: shell('/bin/dash') }));
conform('ssh2, fish', sshStage('ssh2', { has: ['exec', 'sftp'], prepare: shell('/usr/bin/fish') }));
conform('ssh2, csh', sshStage('ssh2', { has: ['exec', 'sftp'], prepare: shell('/bin/csh') }));
