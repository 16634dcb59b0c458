import { homedir, hostname, userInfo } from 'node:os';

/** What this machine and its user bring along. */
export interface Surroundings {
  /** HOME, where it is set. */
  readonly homeDirectory: string;
  /** The home of the account, where OpenSSH looks whatever HOME says. */
  readonly accountDirectory: string;
  readonly localUser: string;
  readonly localHost: string;
  readonly env: NodeJS.ProcessEnv;
}

export function surroundings(): Surroundings {
  const account = userInfo();
  return {
    homeDirectory: homedir(),
    accountDirectory: account.homedir,
    localUser: account.username,
    localHost: hostname(),
    env: process.env,
  };
}
