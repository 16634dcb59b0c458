import type { Config, EnvironmentConfig, HookConfig } from '../config/types.ts';
import type { Hook, HookPoint } from '../contract/index.ts';
import { type HookGroup, isHookMeantFor } from '../plan/plannedHooks.ts';
import type { Runtime } from './runtime.ts';
import { scopeFor } from './scope.ts';

/** A hook where the configuration puts it. */
export interface PlacedHook extends Omit<HookConfig, 'options' | 'deadlineMs'> {
  /** Among those of its point. */
  readonly index: number;
  readonly hook: Hook;
  /** The package that it came in; null: it is built in. */
  readonly from: string | null;
  /** For one run. */
  readonly deadlineMs: number;
}

/** Which hooks there are, in the order of the configuration. */
export interface Hooks {
  readonly all: readonly PlacedHook[];
  /** Those of a point that are meant for a server. */
  at(point: HookPoint, server: string, group: HookGroup): readonly PlacedHook[];
}

const DEADLINE_MS = 5 * 60_000;

/** Throws `E_PLUGIN` before anything is contacted when one cannot be made. */
export async function createHooks(
  runtime: Runtime,
  config: Config,
  environment: EnvironmentConfig,
): Promise<Hooks> {
  const all: PlacedHook[] = [];
  for (const { options, ...placed } of environment.hooks) {
    const { at, name, secrets } = placed;
    const extension = await runtime.extensions.hook(name);
    const scope = scopeFor(runtime, config, { what: `the hook ${name}`, secrets, server: null });
    const hook = extension.create(options, scope);
    const from = extension.from ?? null;
    const deadlineMs = placed.deadlineMs ?? hook.deadlineMs ?? DEADLINE_MS;
    all.push({ ...placed, index: all.filter((each) => each.at === at).length, hook, from, deadlineMs });
  }
  return {
    all,
    at: (point, server, group) =>
      all.filter((each) => each.at === point && isHookMeantFor(each, server, group, environment)),
  };
}
