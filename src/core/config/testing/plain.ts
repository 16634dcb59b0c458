import { NOTICE_EVENTS } from '../../contract/index.ts';
import type { CommandConfig, EnvironmentConfig, NotifierConfig, ServerConfig } from '../types.ts';

/** A configuration in which nothing is said that need not be. */
export function plainEnvironment(changes: Partial<EnvironmentConfig> = {}): EnvironmentConfig {
  return {
    name: 'production',
    branch: null,
    strategy: 'parallel',
    batch: { servers: 1 },
    pauseMs: 0,
    onFailure: 'revert-all',
    maxUnreachable: 0,
    concurrency: { logins: 32, uploads: 16 },
    keep: 3,
    shared: { directories: [], files: [] },
    link: 'auto',
    unshare: [],
    commands: { postUpload: [], postLaunch: [] },
    servers: [],
    hooks: [],
    notify: [],
    ...changes,
  };
}

export function plainCommand(run: string, changes: Partial<CommandConfig> = {}): CommandConfig {
  return {
    run,
    cwd: 'release',
    on: 'all',
    when: null,
    retries: 0,
    timeoutMs: null,
    idleTimeoutMs: null,
    ...changes,
  };
}

export function plainServer(name: string, path: string, changes: Partial<ServerConfig> = {}): ServerConfig {
  return { name, roles: [], transport: 'here', path, options: null, secrets: [], ...changes };
}

/** All but `started`, as when nothing is said. */
export function plainNotifier(name: string, changes: Partial<NotifierConfig> = {}): NotifierConfig {
  const events = NOTICE_EVENTS.filter((event) => event !== 'started');
  return { name, options: null, secrets: [], events, deadlineMs: null, text: null, ...changes };
}
