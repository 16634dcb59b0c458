import type { FailurePolicy, HookPoint, Json, NoticeEvent, SecretReference } from '../contract/index.ts';

/** A configuration, checked, with defaults filled in and paths made absolute. */
export interface Config {
  /** The file it came from, absolute. */
  readonly file: string;
  readonly application: string;
  readonly source: SourceConfig;
  readonly environments: Readonly<Record<string, EnvironmentConfig>>;
}

export type SourceConfig =
  | {
      readonly type: 'git';
      readonly repository: string;
      readonly subdirectory: string | null;
      readonly exclude: readonly string[];
    }
  | { readonly type: 'directory'; readonly directory: string; readonly exclude: readonly string[] }
  | PluginSourceConfig;

/** A source that a plugin brings. */
export interface PluginSourceConfig extends ExtensionConfig {
  readonly type: 'plugin';
  readonly exclude: readonly string[];
  /** How long it may take to bring the files; null: half an hour. */
  readonly deadlineMs: number | null;
}

export interface EnvironmentConfig {
  readonly name: string;
  /** What a git source deploys unless `--ref` says otherwise; null: HEAD. */
  readonly branch: string | null;
  readonly strategy: Strategy;
  /** What is switched together when the strategy is `sequential`. */
  readonly batch: Batch;
  /** Between two batches. */
  readonly pauseMs: number;
  readonly onFailure: FailurePolicy;
  /** So many servers may be out of reach, and are left behind. */
  readonly maxUnreachable: number;
  readonly concurrency: Concurrency;
  readonly keep: number | 'all';
  readonly shared: { readonly directories: readonly string[]; readonly files: readonly string[] };
  readonly link: LinkMode;
  /** Patterns of files that a release has as copies, whatever `link` says. */
  readonly unshare: readonly string[];
  readonly commands: {
    readonly postUpload: readonly CommandConfig[];
    readonly postLaunch: readonly CommandConfig[];
  };
  readonly servers: readonly ServerConfig[];
  readonly hooks: readonly HookConfig[];
  readonly notify: readonly NotifierConfig[];
}

/** `parallel`: all servers change over at once. `sequential`: one batch after the other. */
export type Strategy = 'parallel' | 'sequential';

/** Percent: of the servers that take part, rounded up. */
export type Batch = { readonly servers: number } | { readonly percent: number };

/** How many servers of the group at a time. */
export interface Concurrency {
  readonly logins: number;
  readonly uploads: number;
}

/** How a release gets the files of the deploy-cache. */
export type LinkMode = 'auto' | 'hardlink' | 'reflink' | 'copy';

export interface CommandConfig {
  readonly run: string;
  /** `release`: the release directory before activation, `current` after it. `root`: the deploy path. */
  readonly cwd: 'release' | 'root';
  readonly on: CommandServers;
  /** Null: every time. */
  readonly when: CommandCondition | null;
  /** How often it is tried again when it fails. */
  readonly retries: number;
  readonly timeoutMs: number | null;
  /** How long it may print nothing. */
  readonly idleTimeoutMs: number | null;
}

/**
 * Which servers of a plan run a command, which are in the order of the configuration. `rest`: all but the first. `once`:
 * the first, and not again when the same release is brought to more servers.
 */
export type CommandServers =
  | 'all'
  | 'first'
  | 'last'
  | 'once'
  | 'rest'
  | `role:${string}`
  | `server:${string}`;

export type CommandCondition =
  /** Nothing is live on the server yet. */
  | { readonly type: 'first-deploy' }
  /** Something that these patterns match is added, updated or removed there, or nobody knows. */
  | { readonly type: 'changed'; readonly patterns: readonly string[] };

export interface ServerConfig {
  readonly name: string;
  readonly roles: readonly string[];
  readonly transport: string;
  /** The deploy path on the server: absolute, or relative to the login directory with `~/`. */
  readonly path: string;
  /** What the transport's extension parsed. */
  readonly options: unknown;
  /** Those that stand in what was written: the transport may ask for no others. */
  readonly secrets: readonly SecretReference[];
}

export interface ExtensionConfig {
  readonly name: string;
  /** What the extension parsed. */
  readonly options: unknown;
  /** Those that stand in what was written: the extension may ask for no others. */
  readonly secrets: readonly SecretReference[];
}

export interface HookConfig extends ExtensionConfig {
  readonly at: HookPoint;
  /** For which servers of a plan. */
  readonly on: CommandServers;
  /** For one run; null: as the hook says. */
  readonly deadlineMs: number | null;
}

export interface NotifierConfig extends ExtensionConfig {
  /** What it is told. */
  readonly events: readonly NoticeEvent[];
  /** Null: as the notifier says. */
  readonly deadlineMs: number | null;
  /** A template for the text; null: the default one. */
  readonly text: string | null;
}

/** One thing wrong in a configuration. */
export interface ConfigIssue {
  /** `environments.production.servers.web1.hots` */
  readonly path: string;
  readonly line: number | null;
  readonly column: number | null;
  readonly message: string;
  readonly expected: string | null;
  readonly found: Json | undefined;
  readonly didYouMean: string | null;
}
