import { conform } from './conform.ts';
import { sshStage } from './sshStage.ts';

const has = ['exec', 'sftp', 'posixShell'] as const;

conform('ssh2', sshStage('ssh2', { has }));
