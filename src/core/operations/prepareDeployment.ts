import { configDigest } from '../config/digest.ts';
import type { Config } from '../config/types.ts';
import { planDeployment } from '../plan/planDeployment.ts';
import { sharedPathsToKnow } from '../plan/refusals.ts';
import type { Plan } from '../plan/types.ts';
import type { Override } from '../release/ledger.ts';
import type { Observation } from '../remote/observation.ts';
import type { Snapshot } from '../sync/types.ts';
import type { Decided } from './execute.ts';
import { askHooks } from './hookRefusals.ts';
import { environmentNamed } from './openGroup.ts';
import { planWork } from './planWork.ts';
import type { Runtime } from './runtime.ts';
import { requireUnmarked, type TakingPart } from './takePart.ts';

/** What is brought, and to whom. */
export interface Wanted extends TakingPart {
  readonly snapshot: Snapshot;
  readonly release: string;
  readonly full: boolean;
  readonly unpin: boolean;
  /** By whom and why a freeze is passed over. */
  readonly override: Override | null;
  /** Why a hook that refuses it is passed over. */
  readonly reason: string | null;
  /** Other servers have this release already. Default: none has. */
  readonly isBroughtAgain?: boolean;
}

/** A plan, and all that it takes to make it again. */
export interface Prepared extends Decided {
  readonly plan: Plan;
  readonly snapshot: Snapshot;
  readonly seen: ReadonlyMap<string, Observation>;
  readonly replan: (seen: ReadonlyMap<string, Observation>) => Promise<Decided>;
}

/** Decides. Writes nothing, on either side. Throws what `planDeployment` and `askHooks` throw. */
export async function prepareDeployment(runtime: Runtime, config: Config, wanted: Wanted): Promise<Prepared> {
  const { group, seen, snapshot, release, full } = wanted;
  let { override } = wanted;
  const { environment } = group;
  const signal = runtime.cancel;
  const facts = {
    ...wanted,
    application: config.application,
    environment,
    configuration: configDigest(environmentNamed(config, environment.name), config.application),
    sourceKinds: await snapshot.kindsOf(sharedPathsToKnow(environment.shared), signal),
  };
  const decide = async (observations: ReadonlyMap<string, Observation>, before: Decided['work'] | null) => {
    const work = before ?? (await planWork({ group, snapshot, release, full, signal }, observations));
    return { plan: planDeployment({ ...facts, override, observations, work }), work };
  };
  let first = await decide(seen, null);
  const overridden = await askHooks({ runtime, config, group, reason: wanted.reason }, first.plan);
  if (overridden !== null && override === null) {
    override = overridden;
    first = await decide(seen, first.work);
  }
  return {
    ...first,
    snapshot,
    seen,
    replan: (observations) => {
      requireUnmarked(observations, { now: runtime.now(), environment: environment.name, override });
      return decide(observations, sameCaches(seen, observations) ? first.work : null);
    },
  };
}

function sameCaches(
  before: ReadonlyMap<string, Observation>,
  now: ReadonlyMap<string, Observation>,
): boolean {
  return [...before].every(([name, { cache }]) => now.get(name)?.cache.hash === cache.hash);
}
