import { configDigest } from '../config/digest.ts';
import type { Config } from '../config/types.ts';
import { planRollback } from '../plan/planRollback.ts';
import type { Observation } from '../remote/observation.ts';
import { execute } from './execute.ts';
import { leaveOut } from './leaveOut.ts';
import { environmentNamed, openGroup, settleGroup } from './openGroup.ts';
import { isInTransaction } from './openTransaction.ts';
import { unchangedResult } from './result.ts';
import type { TransactionResult } from './results.ts';
import type { Runtime } from './runtime.ts';

export interface RollbackRequest {
  readonly environment: string;
  readonly to: string | null;
  readonly servers: readonly string[];
  /** So many servers may be out of reach. Default: as the environment says. */
  readonly maxUnreachable?: number;
  /** For how long to wait while another run holds a lock. Default: not at all. */
  readonly lockWaitMs?: number;
}

/** A transaction to an older release: the same machine, the same switch, the same compensation as a deployment. */
export async function rollback(
  runtime: Runtime,
  config: Config,
  request: RollbackRequest,
): Promise<TransactionResult> {
  const environment = environmentNamed(config, request.environment);
  await using whole = await openGroup(runtime, config, environment, request.servers, {
    warm: true,
  });
  const looks = await settleGroup(whole, runtime.cancel);
  const most = request.maxUnreachable ?? environment.maxUnreachable;
  const { group, seen, absent } = leaveOut(runtime, whole, looks, most);
  const facts = {
    application: config.application,
    environment: group.environment,
    configuration: configDigest(environment, config.application),
    absent,
  };
  const replan = (observations: ReadonlyMap<string, Observation>, to: string | null) =>
    planRollback({ ...facts, observations, to });
  const busy = isInTransaction(seen, environment.name);
  const plan = replan(seen, request.to);
  if (plan.unchanged && !busy) return unchangedResult(plan);
  return await execute({
    runtime,
    config,
    group,
    plan,
    snapshot: null,
    lockWaitMs: request.lockWaitMs ?? 0,
    replan: async (observations) => ({ plan: replan(observations, plan.release), work: new Map() }),
  });
}
