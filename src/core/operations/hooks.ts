import type { Config, EnvironmentConfig, HookConfig } from '../config/types.ts';
import {
  CutoverError,
  errorCode,
  type Hook,
  type HookContext,
  type HookPoint,
  messageOf,
  type Scope,
} from '../contract/index.ts';
import type { Plan } from '../plan/types.ts';
import { currentPath, releasePath, sharedPath } from '../release/paths.ts';
import type { Runtime } from './runtime.ts';
import { scopeFor } from './scope.ts';

export interface Hooks {
  has(at: HookPoint): boolean;
  /**
   * Runs the hooks of this point for one server, in the order of the configuration. The first that throws ends it:
   * `E_HOOK`, or the code that it threw.
   */
  run(at: HookPoint, server: string, plan: Plan): Promise<void>;
}

/** Throws `E_PLUGIN` before anything is contacted when one cannot be made. */
export async function createHooks(
  runtime: Runtime,
  config: Config,
  environment: EnvironmentConfig,
): Promise<Hooks> {
  const hooks: {
    readonly at: HookPoint;
    readonly name: string;
    readonly hook: Hook;
    readonly secrets: HookConfig['secrets'];
  }[] = [];
  for (const { at, name, options, secrets } of environment.hooks) {
    const extension = await runtime.extensions.hook(name);
    const scope = scopeFor(runtime, config, { what: `the hook ${name}`, secrets, server: null });
    hooks.push({ at, name, secrets, hook: extension.create(options, scope) });
  }
  return {
    has: (at) => hooks.some((each) => each.at === at),
    async run(at, server, plan) {
      for (const { name, hook, secrets } of hooks.filter((each) => each.at === at)) {
        const scope = scopeFor(runtime, config, { what: `the hook ${name}`, secrets, server });
        const context = { ...scope, ...contextOf(runtime, environment, at, server, plan) };
        try {
          await hook.run(context);
        } catch (error) {
          throw asHookError(error, `${server}: the hook ${name} (${at}) failed`, server);
        }
      }
    },
  };
}

function contextOf(
  runtime: Runtime,
  environment: EnvironmentConfig,
  point: HookPoint,
  name: string,
  plan: Plan,
): Omit<HookContext, keyof Scope> {
  const server = plan.servers.find((each) => each.name === name)!;
  return {
    point,
    application: plan.application,
    environment: plan.environment,
    server: name,
    roles: environment.servers.find((each) => each.name === name)?.roles ?? [],
    kind: plan.kind,
    release: plan.release,
    revision: plan.revision,
    branch: plan.branch,
    previous: server.current,
    previousRevision: server.currentRevision,
    by: runtime.by,
    paths: {
      deploy: server.path,
      release: releasePath(server.path, plan.release),
      current: currentPath(server.path),
      shared: sharedPath(server.path),
    },
    failure: null,
  };
}

function asHookError(error: unknown, what: string, server: string): unknown {
  if (errorCode(error) !== null) return error;
  return new CutoverError('E_HOOK', `${what}: ${messageOf(error)}`, { server, cause: error });
}
