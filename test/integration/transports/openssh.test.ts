import { conform } from './conform.ts';
import { opensshStage } from './opensshStage.ts';

const has = ['exec', 'posixShell'] as const;
const shell = (path: string) => `usermod --shell ${path} deploy`;
const PRINTS = "echo 'echo Welcome to prod' >/home/deploy/.bashrc; chown deploy: /home/deploy/.bashrc";

conform('openssh', opensshStage({ has }));
conform('openssh, one channel', opensshStage({ has, sshd: ['MaxSessions=1'] }));
conform('openssh, 30 ms away', opensshStage({ has, delayMs: 15 }));
conform('openssh, noisy', opensshStage({ has, prepare: PRINTS, noise: 'Welcome to prod\n' }));
conform('openssh, BusyBox', opensshStage({ has, image: 'busybox' }));
conform('openssh, fish', opensshStage({ has: ['exec'], prepare: shell('/usr/bin/fish') }));
conform('openssh, csh', opensshStage({ has: ['exec'], prepare: shell('/bin/csh') }));
