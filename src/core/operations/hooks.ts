import type { Config, EnvironmentConfig } from '../config/types.ts';
import type { Hook, HookPoint } from '../contract/index.ts';
import type { Plan } from '../plan/types.ts';
import type { Runtime } from './runtime.ts';
import { scopeFor } from './scope.ts';

export interface Hooks {
  /** Runs the hooks of this point for one server, in the order of the configuration. The first that throws ends it. */
  run(at: HookPoint, server: string, plan: Plan): Promise<void>;
}

/** Throws `E_PLUGIN` before anything is contacted when one cannot be made. */
export async function createHooks(
  runtime: Runtime,
  config: Config,
  environment: EnvironmentConfig,
): Promise<Hooks> {
  const hooks: { readonly at: HookPoint; readonly hook: Hook }[] = [];
  for (const { at, name, options } of environment.hooks) {
    const extension = await runtime.extensions.hook(name);
    hooks.push({ at, hook: extension.create(options, scopeFor(runtime, config, null)) });
  }
  return {
    async run(at, server, plan) {
      for (const { hook } of hooks.filter((each) => each.at === at)) {
        await hook.run({
          ...scopeFor(runtime, config, server),
          application: plan.application,
          environment: plan.environment,
          server,
          release: plan.release,
          revision: plan.revision,
          previous: plan.servers.find((each) => each.name === server)?.current ?? null,
        });
      }
    },
  };
}
