import { dirname } from 'node:path';
import { type HookPoint, NOTICE_EVENTS } from '../contract/index.ts';
import { namesIn } from './besideKeys.ts';
import type { CheckedExtensions } from './checkExtensions.ts';
import type { Path } from './document.ts';
import { parseDuration } from './duration.ts';
import { normalisePath } from './patterns.ts';
import { resolvePath } from './resolvePath.ts';
import type { CheckedConfig } from './schema.ts';
import { pluginSourceName } from './sourceSchema.ts';
import type {
  Batch,
  CommandCondition,
  CommandConfig,
  CommandServers,
  Concurrency,
  Config,
  EnvironmentConfig,
  ExtensionConfig,
  HookConfig,
  NotifierConfig,
  ServerConfig,
  SourceConfig,
} from './types.ts';

/** What the extension at a path may know. */
type Extensions = Pick<CheckedExtensions, 'optionsAt' | 'secretsAt'>;
type CheckedEnvironment = CheckedConfig['environments'][string];
type CheckedCommands = NonNullable<CheckedEnvironment['commands']>;
type CheckedCommand =
  | NonNullable<CheckedCommands['postUpload']>[number]
  | NonNullable<CheckedCommands['postLaunch']>[number];

/** The configuration as the rest of the program knows it: defaults filled in, paths absolute, options parsed. */
export function assemble(file: string, checked: CheckedConfig, extensions: Extensions): Config {
  const environments = Object.entries(checked.environments).map(
    ([name, environment]) => [name, environmentOf(name, environment, extensions)] as const,
  );
  return {
    file,
    application: checked.application,
    source: sourceOf(checked.source, dirname(file), extensions),
    // Without a prototype: an environment may be called `constructor`, and none is when it is not there.
    environments: Object.assign(Object.create(null), Object.fromEntries(environments)),
  };
}

function sourceOf(
  source: CheckedConfig['source'],
  baseDirectory: string,
  extensions: Extensions,
): SourceConfig {
  const exclude = source.exclude ?? [];
  if (isGit(source)) {
    const subdirectory = source.subdirectory === undefined ? null : normalisePath(source.subdirectory);
    return { type: 'git', repository: resolvePath(baseDirectory, source.git), subdirectory, exclude };
  }
  if (isDirectory(source)) {
    return { type: 'directory', directory: resolvePath(baseDirectory, source.directory), exclude };
  }
  const name = pluginSourceName(source) ?? '';
  const deadlineMs = source.deadline === undefined ? null : parseDuration(source.deadline);
  return { type: 'plugin', name, ...known(extensions, ['source', name]), exclude, deadlineMs };
}

type CheckedSource = CheckedConfig['source'];

function isGit(source: CheckedSource): source is Extract<CheckedSource, { git: string }> {
  return 'git' in source;
}

function isDirectory(source: CheckedSource): source is Extract<CheckedSource, { directory: string }> {
  return 'directory' in source;
}

function environmentOf(name: string, checked: CheckedEnvironment, extensions: Extensions): EnvironmentConfig {
  const { branch, strategy, onFailure, maxUnreachable, keep, shared, link, unshare, commands } = checked;
  return {
    name,
    branch: branch ?? null,
    strategy,
    batch: batchOf(checked.batch),
    pauseMs: checked.pause === undefined ? 0 : parseDuration(checked.pause)!,
    onFailure,
    maxUnreachable,
    concurrency: { ...CONCURRENCY, ...checked.concurrency } as Concurrency,
    keep,
    shared: {
      directories: (shared?.directories ?? []).map(normalisePath),
      files: (shared?.files ?? []).map(normalisePath),
    },
    link,
    unshare: unshare ?? [],
    commands: {
      postUpload: (commands?.postUpload ?? []).map(commandOf),
      postLaunch: (commands?.postLaunch ?? []).map(commandOf),
    },
    servers: serversOf(name, checked, extensions),
    hooks: hooksOf(name, checked, extensions),
    notify: notifyOf(name, checked, extensions),
  };
}

const CONCURRENCY: Concurrency = { logins: 32, uploads: 16 };

function batchOf(batch: CheckedEnvironment['batch']): Batch {
  return typeof batch === 'number' ? { servers: batch } : { percent: Number.parseInt(batch, 10) };
}

function commandOf(command: CheckedCommand): CommandConfig {
  const { run, on, when, retries, cwd, timeout, idleTimeout } =
    typeof command === 'string' ? { run: command } : { ...command };
  return {
    run,
    cwd: cwd === 'root' ? 'root' : 'release',
    on: (on ?? 'all') as CommandServers,
    when: conditionOf(when),
    retries: retries ?? 0,
    timeoutMs: timeout === undefined ? null : parseDuration(timeout),
    idleTimeoutMs: idleTimeout === undefined ? null : parseDuration(idleTimeout),
  };
}

function conditionOf(when: Exclude<CheckedCommand, string>['when']): CommandCondition | null {
  if (when === undefined) return null;
  return when === 'first-deploy' ? { type: when } : { type: 'changed', patterns: when.changed };
}

function serversOf(
  name: string,
  { servers }: CheckedEnvironment,
  extensions: Extensions,
): readonly ServerConfig[] {
  return Object.entries(servers).map(([server, { transport, path, roles }]) => ({
    name: server,
    roles: roles ?? [],
    transport,
    path: normalisePath(path),
    ...known(extensions, ['environments', name, 'servers', server]),
  }));
}

function hooksOf(name: string, { hooks }: CheckedEnvironment, extensions: Extensions): readonly HookConfig[] {
  return Object.entries(hooks ?? {}).flatMap(([point, entries]) =>
    (entries ?? []).map((entry, index) => ({
      at: point as HookPoint,
      on: (entry.on ?? 'all') as CommandServers,
      deadlineMs: entry.deadline === undefined ? null : parseDuration(entry.deadline),
      ...extensionOf('hook', entry, ['environments', name, 'hooks', point, index], extensions),
    })),
  );
}

function notifyOf(
  name: string,
  { notify }: CheckedEnvironment,
  extensions: Extensions,
): readonly NotifierConfig[] {
  return (notify ?? []).map((entry, index) => ({
    events: entry.events ?? NOTICE_EVENTS.filter((event) => event !== 'started'),
    deadlineMs: entry.deadline === undefined ? null : parseDuration(entry.deadline),
    text: entry.text ?? null,
    ...extensionOf('notifier', entry, ['environments', name, 'notify', index], extensions),
  }));
}

function extensionOf(
  kind: 'hook' | 'notifier',
  entry: object,
  path: Path,
  extensions: Extensions,
): ExtensionConfig {
  const [name = ''] = namesIn(kind, entry);
  return { name, ...known(extensions, [...path, name]) };
}

function known({ optionsAt, secretsAt }: Extensions, path: Path): Omit<ExtensionConfig, 'name'> {
  return { options: optionsAt(path), secrets: secretsAt(path) };
}
