import type { SecretReference } from '../../../core/contract/index.ts';

/** Everything that is decided about one host before it is contacted. */
export interface Host {
  /** As the user wrote it: maybe an alias. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** The name in known_hosts, or null: made from host and port. */
  readonly hostKeyAlias: string | null;
  readonly userKnownHostsFiles: readonly string[];
  readonly globalKnownHostsFiles: readonly string[];
  readonly hashKnownHosts: boolean;
  readonly acceptNewHostKeys: boolean;
  readonly pinned: readonly string[];
  readonly identityFiles: readonly string[];
  /** Who asked for these identities: one that cannot be used is an error, in ssh_config a note, as a default nothing. */
  readonly identitiesFrom: 'configuration' | 'sshConfig' | 'default';
  readonly identitiesOnly: boolean;
  readonly agentSocket: string | null;
  readonly password: SecretReference | null;
  readonly passphrase: SecretReference | null;
  /** 0: either. */
  readonly ipVersion: 0 | 4 | 6;
  readonly connectTimeoutMs: number;
  readonly keepaliveIntervalMs: number;
  readonly keepaliveCountMax: number;
}

/** `deploy@web1.example.com:22` */
export function showHost(host: Pick<Host, 'user' | 'host' | 'port'>): string {
  return `${host.user}@${host.host}:${host.port}`;
}
