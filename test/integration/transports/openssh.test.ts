import { conform } from './conform.ts';
import { opensshStage } from './opensshStage.ts';

const has = ['exec', 'posixShell'] as const;

conform('openssh', opensshStage({ has }));
