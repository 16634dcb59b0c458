import { conform } from './conform.ts';
import { sshStage } from './sshStage.ts';

const has = ['sftp'] as const;

conform('sftp', sshStage('sftp', { has }));
conform('sftp, no shell', sshStage('sftp', { has, image: 'sftp-only' }));
conform('sftp, BusyBox', sshStage('sftp', { has, image: 'busybox' }));
conform('sftp, one channel', sshStage('sftp', { has, sshd: ['MaxSessions=1'] }));
