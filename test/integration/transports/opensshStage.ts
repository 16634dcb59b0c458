import type { Json } from '../../../src/core/contract/index.ts';
import type { Stage } from './conform.ts';
import { type SshLogin, type SshStageOptions, sshStage } from './sshStage.ts';

/** The user's `ssh`, which does not see the configuration of whoever runs the test. */
export function opensshStage(options: Omit<SshStageOptions, 'options'>): Stage {
  return sshStage('openssh', { ...options, options: opensshOptions });
}

function opensshOptions({ isImpatient, ...login }: SshLogin): { readonly [name: string]: Json } {
  const patience = isImpatient ? { keepaliveInterval: '1s', keepaliveCountMax: 1 } : {};
  return { ...login, ...patience, identitiesOnly: true, configFile: 'none' };
}
