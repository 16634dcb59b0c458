import pLimit, { type LimitFunction } from 'p-limit';
import type { Config, EnvironmentConfig } from '../config/types.ts';
import { CutoverError } from '../contract/index.ts';
import { chooseEngine } from '../remote/chooseEngine.ts';
import type { Engine } from '../remote/engine.ts';
import { openLink } from '../remote/link.ts';
import type { Observation } from '../remote/observation.ts';
import { collectFailures, type ServerFailure } from './failures.ts';
import type { Runtime } from './runtime.ts';
import { scopeFor } from './scope.ts';

/** The servers of one environment, each with its engine. Nothing is connected before it is used. */
export interface Group extends AsyncDisposable {
  readonly environment: EnvironmentConfig;
  readonly engines: ReadonlyMap<string, Engine>;
}

/** What is looked at below `shared/`. */
export function sharedPathsOf({ environment: { shared } }: Group): readonly string[] {
  return [...shared.directories, ...shared.files];
}

const OBSERVE_DEADLINE_MS = 5 * 60_000;

/**
 * `only`: the servers asked for by name; empty: all. `warm`: logs in at once, for more than a look.
 * Throws `E_USAGE` for names that do not exist.
 */
export async function openGroup(
  runtime: Runtime,
  config: Config,
  environment: EnvironmentConfig,
  only: readonly string[],
  { warm = false }: { readonly warm?: boolean } = {},
): Promise<Group> {
  const chosen = choose(environment, only);
  const engines = new Map<string, Engine>();
  const logIn = loginLimit(environment);
  for (const server of chosen.servers) {
    const extension = await runtime.extensions.transport(server.transport);
    // Cancelling ends what waits; a link stays usable after it, because compensation needs one.
    const scope = scopeFor(runtime, config, {
      what: `the transport ${server.transport}`,
      secrets: server.secrets,
      server: server.name,
      signal: new AbortController().signal,
    });
    const link = openLink(server.name, extension.create(server.options, scope), scope, logIn);
    if (warm) link.warm();
    engines.set(server.name, chooseEngine(link, server.path));
  }
  return {
    environment: chosen,
    engines,
    async [Symbol.asyncDispose]() {
      await Promise.allSettled([...engines.values()].map((engine) => engine.close()));
    },
  };
}

/** So many servers are logged in to at a time: each login costs the processor of this machine. */
export function loginLimit({ concurrency }: EnvironmentConfig): LimitFunction {
  return pLimit(concurrency.logins);
}

/** The same connections, for these servers only. Throws `E_REFUSED` when one is not in the group. */
export function narrowGroup(group: Group, names: readonly string[]): Group {
  const missing = names.filter((name) => !group.engines.has(name));
  if (missing.length > 0) {
    throw new CutoverError(
      'E_REFUSED',
      `The transaction is about ${missing.join(', ')} too. Nothing was touched.`,
      {
        hint: 'Bring that server back into the configuration, and leave --server out.',
      },
    );
  }
  const { environment } = group;
  return {
    environment: { ...environment, servers: environment.servers.filter(({ name }) => names.includes(name)) },
    engines: new Map([...group.engines].filter(([name]) => names.includes(name))),
    [Symbol.asyncDispose]: () => group[Symbol.asyncDispose](),
  };
}

/** The environment of this name. Throws `E_USAGE`, naming those that exist. */
export function environmentNamed(config: Config, name: string): EnvironmentConfig {
  const environment = config.environments[name];
  if (environment !== undefined && Object.hasOwn(config.environments, name)) return environment;
  throw new CutoverError('E_USAGE', `There is no environment "${name}" in ${config.file}.`, {
    hint: `It has: ${Object.keys(config.environments).join(', ')}.`,
  });
}

/** Throws `E_USAGE` for names that do not exist. */
export function requireServers(environment: EnvironmentConfig, only: readonly string[]): void {
  const unknown = only.filter((name) => !environment.servers.some((server) => server.name === name));
  if (unknown.length > 0) {
    throw new CutoverError('E_USAGE', `There is no server ${unknown.join(', ')} in ${environment.name}.`, {
      hint: `It has: ${environment.servers.map((server) => server.name).join(', ')}.`,
    });
  }
}

function choose(environment: EnvironmentConfig, only: readonly string[]): EnvironmentConfig {
  requireServers(environment, only);
  return only.length === 0
    ? environment
    : { ...environment, servers: environment.servers.filter((server) => only.includes(server.name)) };
}

/** Looks at every server. Rejects, naming all that could not be reached. */
export async function observeGroup(
  group: Group,
  cancel: AbortSignal,
): Promise<ReadonlyMap<string, Observation>> {
  return allSeen(await settleGroup(group, cancel));
}

/** Rejects, naming all that could not be reached. */
export function allSeen(looks: Looks): ReadonlyMap<string, Observation> {
  const failures = failuresOf(looks);
  if (failures.length > 0) throw collectFailures('Nothing was touched.', failures);
  return seenOf(looks);
}

/** What was seen on each server, or why it was not, by its name. */
export type Looks = ReadonlyMap<string, PromiseSettledResult<Observation>>;

export function failuresOf(looks: Looks): readonly ServerFailure[] {
  return [...looks].flatMap(([server, look]) =>
    look.status === 'rejected' ? [{ server, error: look.reason as unknown }] : [],
  );
}

export function seenOf(looks: Looks): ReadonlyMap<string, Observation> {
  return new Map(
    [...looks].flatMap(([server, look]) => (look.status === 'fulfilled' ? [[server, look.value]] : [])),
  );
}

/** Looks at every server, and gives for each what was seen or why it was not. */
export async function settleGroup(group: Group, cancel: AbortSignal): Promise<Looks> {
  const shared = sharedPathsOf(group);
  const limit = loginLimit(group.environment);
  const names = [...group.engines.keys()];
  const signal = AbortSignal.any([cancel, AbortSignal.timeout(OBSERVE_DEADLINE_MS)]);
  const settled = await Promise.allSettled(
    names.map((name) => limit(() => group.engines.get(name)!.observe(shared, signal))),
  );
  requireUncancelled(cancel);
  return new Map(names.map((name, index) => [name, settled[index]!]));
}

export function requireUncancelled(cancel: AbortSignal): void {
  if (cancel.aborted) throw new CutoverError('E_INTERRUPTED', 'Interrupted; nothing was touched.');
}
