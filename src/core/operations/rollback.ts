import { configDigest } from '../config/digest.ts';
import type { Config } from '../config/types.ts';
import { CutoverError } from '../contract/index.ts';
import { planRollback } from '../plan/planRollback.ts';
import type { Plan } from '../plan/types.ts';
import type { Observation } from '../remote/observation.ts';
import { execute } from './execute.ts';
import { freeDeadLocks } from './freeDeadLocks.ts';
import { askHooks } from './hookRefusals.ts';
import { leaveOut } from './leaveOut.ts';
import { environmentNamed, openGroup, settleGroup } from './openGroup.ts';
import { isInTransaction, openTransactionOf, refuseOpenTransaction } from './openTransaction.ts';
import { unchangedResult } from './result.ts';
import type { TransactionResult } from './results.ts';
import type { Runtime } from './runtime.ts';
import { leavePausedOut, overrideOf, refuseFrozen, requireUnmarked, type TakingPart } from './takePart.ts';

export interface RollbackRequest {
  readonly environment: string;
  readonly to: string | null;
  readonly servers: readonly string[];
  /** So many servers may be out of reach. Default: as the environment says. */
  readonly maxUnreachable?: number;
  /** Why it goes on although the environment is frozen, or a hook refuses it. Default: it does not. */
  readonly override?: string | null;
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
  const reached = leaveOut(runtime, whole, looks, most);
  const part = leavePausedOut(reached, runtime.now());
  let override = overrideOf(part.frozen, request.override ?? null, runtime.by);
  const facts = {
    application: config.application,
    environment: part.group.environment,
    configuration: configDigest(environment, config.application),
    absent: part.absent,
    frozen: part.frozen,
  };
  const planOf = (observations: ReadonlyMap<string, Observation>, to: string | null) =>
    planRollback({ ...facts, override, observations, to });
  const busy = isInTransaction(reached.seen, environment.name);
  refuseFrozen(part.frozen, environment.name, override);
  let plan: Plan;
  try {
    plan = planOf(part.seen, request.to);
  } catch (error) {
    if (busy) await refuseWhatIsOpen(runtime, part, request.lockWaitMs ?? 0);
    throw error;
  }
  const reason = request.override ?? null;
  const overridden = await askHooks({ runtime, config, group: part.group, reason }, plan);
  if (overridden !== null && override === null) {
    override = overridden;
    plan = planOf(part.seen, plan.release);
  }
  if (plan.unchanged && !busy) return unchangedResult(plan);
  return await execute({
    runtime,
    config,
    group: part.group,
    plan,
    snapshot: null,
    lockWaitMs: request.lockWaitMs ?? 0,
    async replan(observations) {
      requireUnmarked(observations, { now: runtime.now(), environment: environment.name, override });
      return { plan: planOf(observations, plan.release), work: new Map() };
    },
  });
}

/**
 * Nowhere to go back to is no answer while something is open that may be why. Throws `E_LOCKED` where a run is at work on it,
 * `E_OPEN_TRANSACTION` where none is, and `E_STALE` when it has ended while it was waited for.
 */
async function refuseWhatIsOpen(
  runtime: Runtime,
  { group, seen }: Pick<TakingPart, 'group' | 'seen'>,
  waitMs: number,
): Promise<void> {
  if (openTransactionOf(seen).type === 'nothing') return;
  const { name } = group.environment;
  refuseOpenTransaction(await freeDeadLocks(runtime, group, seen, waitMs), name);
  throw new CutoverError('E_STALE', 'What was under way has ended in the meantime. Nothing was touched.', {
    hint: `cutover rollback ${name}`,
  });
}
