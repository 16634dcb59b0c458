import type { Deployment, HookContext } from '../contract/index.ts';
import type { Plan, ServerPlan } from '../plan/types.ts';
import { currentPath, releasePath, sharedPath } from '../release/paths.ts';
import type { Group } from './openGroup.ts';

/** What a transaction is about, on one server. */
export function deploymentOf(
  plan: Pick<Plan, 'application' | 'environment' | 'kind' | 'release' | 'revision' | 'branch'>,
  { name, current, currentRevision }: Pick<ServerPlan, 'name' | 'current' | 'currentRevision'>,
  { environment }: Pick<Group, 'environment'>,
  by: string,
): Deployment {
  return {
    application: plan.application,
    environment: plan.environment,
    server: name,
    roles: environment.servers.find((each) => each.name === name)?.roles ?? [],
    kind: plan.kind,
    release: plan.release,
    revision: plan.revision,
    branch: plan.branch,
    previous: current,
    previousRevision: currentRevision,
    by,
  };
}

export function pathsOf({ path }: Pick<ServerPlan, 'path'>, release: string): HookContext['paths'] {
  return {
    deploy: path,
    release: releasePath(path, release),
    current: currentPath(path),
    shared: sharedPath(path),
  };
}
