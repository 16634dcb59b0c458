import type { Config, EnvironmentConfig } from '../config/types.ts';
import { CutoverError, errorCode } from '../contract/index.ts';
import { differences } from '../plan/compare.ts';
import { isSealed } from '../plan/digest.ts';
import { lockNote } from '../plan/notes.ts';
import { newRelease } from '../plan/planDeployment.ts';
import { pinRefusals } from '../plan/refusals.ts';
import { refuseAll } from '../plan/refuse.ts';
import type { Plan } from '../plan/types.ts';
import type { Observation } from '../remote/observation.ts';
import type { Snapshot } from '../sync/types.ts';
import { type ConfiguredSource, configuredSource } from './configuredSource.ts';
import { execute } from './execute.ts';
import { leaveOut } from './leaveOut.ts';
import { abandonLocks, type FirstLook, lockFirst } from './lockFirst.ts';
import { environmentNamed, type Group, observeGroup, openGroup, settleGroup } from './openGroup.ts';
import { isInTransaction, openTransactionOf, refuseOpenTransaction } from './openTransaction.ts';
import { type Prepared, prepareDeployment } from './prepareDeployment.ts';
import { unchangedResult } from './result.ts';
import type { TransactionResult } from './results.ts';
import { emitNow, type Runtime } from './runtime.ts';
import { leavePausedOut, overrideOf, refuseFrozen, type TakingPart } from './takePart.ts';

export interface DeployRequest {
  readonly environment: string;
  /** A branch, tag or commit; null: the branch of the environment. */
  readonly ref: string | null;
  /** Servers by name; empty: all. */
  readonly servers: readonly string[];
  readonly full: boolean;
  /** It may undo a rollback. */
  readonly unpin: boolean;
  /** A plan made earlier, to be run exactly or refused. */
  readonly saved: Plan | null;
  /** So many servers may be out of reach. Default: as the environment says. A saved plan names those that are left out. */
  readonly maxUnreachable?: number;
  /** Why it goes on although the environment is frozen, or a hook refuses it. Default: it does not. */
  readonly override?: string | null;
  /** For how long to wait while another run holds a lock. Default: not at all. */
  readonly lockWaitMs?: number;
}

/** Observes and decides. Writes nothing, on either side. */
export async function planFor(runtime: Runtime, config: Config, request: DeployRequest): Promise<Plan> {
  const environment = environmentNamed(config, request.environment);
  const { branch } = environment;
  await using source = configuredSource(runtime, config, { branch, signal: runtime.cancel });
  await using group = await openGroup(runtime, config, environment, request.servers);
  const [snapshot, looks] = await Promise.all([
    takeSnapshot(source, request),
    settleGroup(group, runtime.cancel),
  ]);
  const reached = leaveOut(runtime, group, looks, allowed(request, environment));
  const { seen } = reached;
  const first = { ...leavePausedOut(reached, runtime.now()), snapshot, looked: seen, at: runtime.now() };
  const { plan } = await prepare(runtime, config, request, first);
  for (const [server, each] of seen) {
    const message = lockNote(each, plan.environment);
    if (message !== null) emitNow(runtime, { type: 'log', server, message });
  }
  if (openTransactionOf(seen).type !== 'nothing') {
    const message = `An earlier transaction is open: a deployment would stop with exit status 14. See: cutover resume ${plan.environment}`;
    emitNow(runtime, { type: 'log', server: null, message });
  }
  return plan;
}

/** Plans and runs. Throws `E_STALE` when a saved plan does not hold any more, `E_REFUSED` when it would undo a rollback. */
export async function deploy(
  runtime: Runtime,
  config: Config,
  request: DeployRequest,
): Promise<TransactionResult> {
  if (request.saved !== null) requireRunnable(request.saved, request.environment);
  const environment = environmentNamed(config, request.environment);
  const servers = request.saved === null ? request.servers : request.saved.servers.map(({ name }) => name);
  await using group = await openGroup(runtime, config, environment, servers, { warm: true });
  return await whileItWaits(runtime, request, (lockWaitMs) =>
    attempt(runtime, config, group, { ...request, lockWaitMs }),
  );
}

/** The run that was waited for has changed the servers: then the plan is made anew, unless it was a saved one. */
async function whileItWaits(
  runtime: Runtime,
  { lockWaitMs = 0, saved }: DeployRequest,
  attempt: (leftMs: number) => Promise<TransactionResult>,
): Promise<TransactionResult> {
  const untilMs = runtime.clockMs() + lockWaitMs;
  for (let leftMs = lockWaitMs; ; leftMs = Math.max(0, untilMs - runtime.clockMs())) {
    try {
      return await attempt(leftMs);
    } catch (error) {
      if (errorCode(error) !== 'E_STALE' || saved !== null || leftMs === 0) throw error;
    }
  }
}

/** Looks, decides and runs. A saved plan is compared with what is seen before anything is locked. */
async function attempt(
  runtime: Runtime,
  config: Config,
  whole: Group,
  request: DeployRequest,
): Promise<TransactionResult> {
  const { branch } = whole.environment;
  const keeping = request.full ? 'fresh' : 'files';
  await using source = configuredSource(runtime, config, { branch, signal: runtime.cancel, keeping });
  const { snapshot, look } = await gather(runtime, whole, request, source);
  const { held } = look;
  let isTold = false;
  try {
    const part = leavePausedOut(look, runtime.now());
    await held?.leave([...look.seen.keys()].filter((name) => !part.seen.has(name)));
    const first = { ...part, snapshot, looked: look.seen, at: look.at };
    const prepared = await prepare(runtime, config, request, first);
    const { plan, work } = prepared;
    // Under locks of ours nobody else can be at work on it.
    if (held !== null) refuseOpenTransaction(look.seen, plan.environment);
    const busy = held === null && isInTransaction(look.seen, plan.environment);
    refuseFrozen(part.frozen, plan.environment, plan.override);
    if (!plan.unchanged) requireUnpinned(prepared);
    if (request.saved !== null) requireSame(request.saved, plan);
    if (plan.unchanged && !busy) return unchangedResult(plan);
    const execution = {
      ...prepared,
      runtime,
      config,
      group: part.group,
      lockWaitMs: request.lockWaitMs ?? 0,
    };
    // From here on the result tells what becomes of the locks, or it was told.
    isTold = true;
    if (held !== null && look.release === plan.release)
      return await execute({ ...execution, decided: { held, work } });
    if (held !== null) await abandonLocks(runtime, held);
    return await execute({ ...execution, inTurn: look.isContended });
  } finally {
    if (held !== null) await (isTold ? held.release() : abandonLocks(runtime, held));
  }
}

/** The source is read while the servers are reached. When it cannot be, they are left alone. */
async function gather(runtime: Runtime, group: Group, request: DeployRequest, source: ConfiguredSource) {
  const unwanted = new AbortController();
  const looking: Promise<FirstLook> =
    request.saved === null
      ? lockFirst(runtime, group, allowed(request, group.environment), unwanted.signal)
      : seeAll(runtime, group, request.saved);
  try {
    const [snapshot, look] = await Promise.all([takeSnapshot(source, request), looking]);
    return { snapshot, look };
  } catch (error) {
    unwanted.abort();
    const held = await looking.then(
      (look) => look.held,
      () => null,
    );
    if (held !== null) await abandonLocks(runtime, held);
    throw error;
  }
}

/** Who was left out of a saved plan stays out, wherever it is now. */
async function seeAll(runtime: Runtime, group: Group, { absent }: Plan): Promise<FirstLook> {
  const seen = await observeGroup(group, runtime.cancel);
  return { group, seen, absent, at: runtime.now(), held: null, release: null, isContended: false };
}

function allowed(request: DeployRequest, environment: EnvironmentConfig): number {
  return request.maxUnreachable ?? environment.maxUnreachable;
}

interface Seen extends TakingPart {
  readonly snapshot: Snapshot;
  /** Also on servers that take no part. */
  readonly looked: ReadonlyMap<string, Observation>;
  readonly at: Date;
}

/** A saved plan says what it is about. */
function prepare(
  runtime: Runtime,
  config: Config,
  request: DeployRequest,
  { looked, at, ...part }: Seen,
): Promise<Prepared> {
  const { full, unpin, release, override } = request.saved ?? {
    ...request,
    release: newRelease(at, looked),
    override: overrideOf(part.frozen, request.override ?? null, runtime.by),
  };
  const reason = request.saved === null ? (request.override ?? null) : (override?.reason ?? null);
  return prepareDeployment(runtime, config, { ...part, full, unpin, release, override, reason });
}

/** A saved plan is about one commit, wherever its branch has moved since. */
async function takeSnapshot(source: ConfiguredSource, { saved, ref }: DeployRequest): Promise<Snapshot> {
  return saved === null ? source.snapshot(ref) : { ...(await source.again(saved)), branch: saved.branch };
}

function requireRunnable(saved: Plan, environment: string): void {
  const refuse = (why: string) =>
    new CutoverError('E_STALE', `The plan cannot be run: ${why}. Nothing was touched.`, {
      hint: `cutover plan ${environment} --out FILE`,
    });
  if (saved.version !== 1) throw refuse(`it was made by another version of cutover (${saved.version})`);
  if (saved.kind !== 'deploy') throw refuse('it is not the plan of a deployment');
  if (saved.environment !== environment) throw refuse(`it was made for ${saved.environment}`);
  if (!isSealed(saved)) throw refuse('it was changed after it was made');
  if (!saved.servers.every((server) => 'hooks' in server))
    throw refuse('it was made by an earlier version of cutover, and does not say which hooks run');
}

/** What somebody went back to stays live until somebody says otherwise. */
function requireUnpinned({ plan, seen }: Prepared): void {
  if (plan.unpin) return;
  refuseAll([...seen].flatMap(([name, each]) => pinRefusals(name, each, plan.environment)));
}

function requireSame(saved: Plan, now: Plan): void {
  const moved = differences(saved, now);
  if (moved.length === 0) return;
  throw new CutoverError('E_STALE', `The plan is stale; nothing was touched.\n${moved.join('\n')}`, {
    hint: `cutover plan ${saved.environment} --out FILE`,
  });
}
