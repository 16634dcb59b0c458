import type { EnvironmentConfig, HookConfig } from '../config/types.ts';
import type { HookPoint, StepName } from '../contract/index.ts';
import { isMeantFor } from './commandRuns.ts';
import { stepsOf } from './stepsOf.ts';
import type { Plan, PlannedHook } from './types.ts';

/** What decides for whom a hook is meant. */
export type HookGroup = Pick<Plan, 'isBroughtAgain'> & {
  readonly servers: readonly { readonly name: string }[];
};

/** The hooks that a transaction of this kind can come to on a server, in the order in which they run. */
export function plannedHooks(
  environment: EnvironmentConfig,
  server: string,
  group: HookGroup & Pick<Plan, 'kind'>,
): readonly PlannedHook[] {
  const meant = environment.hooks.filter((hook) => isHookMeantFor(hook, server, group, environment));
  return hookPointsOf(group.kind).flatMap((point) =>
    meant.filter(({ at }) => at === point).map(({ name, on }) => ({ point, name, on })),
  );
}

/** The points that a transaction of this kind can come to, in that order. */
export function hookPointsOf(kind: Plan['kind']): readonly HookPoint[] {
  const behind = (step: StepName): readonly HookPoint[] =>
    kind === 'rollback' && step === 'postLaunch' ? ['onRollback'] : [];
  const ofSteps = stepsOf(kind).flatMap((step): readonly HookPoint[] => [
    `before:${step}`,
    `after:${step}`,
    ...behind(step),
  ]);
  return [...ofSteps, 'onFailure', 'always'];
}

/** Whether a hook is meant for a server of the group. */
export function isHookMeantFor(
  { on }: Pick<HookConfig, 'on'>,
  server: string,
  { servers, isBroughtAgain = false }: HookGroup,
  environment: EnvironmentConfig,
): boolean {
  const index = servers.findIndex(({ name }) => name === server);
  const roles = environment.servers.find(({ name }) => name === server)?.roles ?? [];
  return isMeantFor(on, { name: server, roles, index, isLast: index === servers.length - 1, isBroughtAgain });
}
