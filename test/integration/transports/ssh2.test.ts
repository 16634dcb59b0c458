import { conform } from './conform.ts';
import { sshStage } from './sshStage.ts';

const has = ['exec', 'sftp', 'posixShell'] as const;

conform('ssh2', sshStage('ssh2', { has }));
conform('ssh2, one channel', sshStage('ssh2', { has, sshd: ['MaxSessions=1'] }));
conform('ssh2, 30 ms away', sshStage('ssh2', { has, delayMs: 15 }));
