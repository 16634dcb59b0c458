import type { HookContext } from '../../core/contract/index.ts';

/** What a command on a server finds in its environment, and why the hook runs. Unknown is empty. */
export function variablesOf(context: HookContext): Readonly<Record<string, string>> {
  const { paths, previous } = context;
  return {
    CUTOVER_APPLICATION: context.application,
    CUTOVER_ENVIRONMENT: context.environment,
    CUTOVER_SERVER: context.server,
    CUTOVER_ROLES: context.roles.join(' '),
    CUTOVER_RELEASE: context.release,
    CUTOVER_RELEASE_PATH: paths.release,
    CUTOVER_PREVIOUS_RELEASE: previous ?? '',
    CUTOVER_PREVIOUS_PATH: previous === null ? '' : `${paths.deploy}/releases/${previous}`,
    CUTOVER_CURRENT_PATH: paths.current,
    CUTOVER_SHARED_PATH: paths.shared,
    CUTOVER_REVISION: context.revision ?? '',
    CUTOVER_PREVIOUS_REVISION: context.previousRevision ?? '',
    CUTOVER_BRANCH: context.branch ?? '',
    CUTOVER_DEPLOYER: context.by,
    CUTOVER_FIRST: previous === null ? '1' : '0',
    CUTOVER_ROLLBACK: context.kind === 'rollback' ? '1' : '0',
    CUTOVER_POINT: context.point,
    CUTOVER_FAILURE: context.failure ?? '',
  };
}
