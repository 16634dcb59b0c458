import type { Config } from '../config/types.ts';
import { CutoverError } from '../contract/index.ts';
import { catchUpRefusals } from '../plan/catchUpRefusals.ts';
import { type GroupRelease, groupReleaseOf, isBehind } from '../plan/groupRelease.ts';
import { type Freeze, markInWords } from '../plan/marks.ts';
import { liveRelease } from '../plan/planDeployment.ts';
import { refuseAll } from '../plan/refuse.ts';
import type { AbsentServer } from '../plan/types.ts';
import { isReleaseId } from '../release/id.ts';
import type { Observation } from '../remote/observation.ts';
import { configuredSource } from './configuredSource.ts';
import { execute } from './execute.ts';
import { isOutOfReach } from './leaveOut.ts';
import {
  allSeen,
  environmentNamed,
  failuresOf,
  type Group,
  type Looks,
  narrowGroup,
  openGroup,
  requireServers,
  seenOf,
  settleGroup,
} from './openGroup.ts';
import { isInTransaction } from './openTransaction.ts';
import { requireOthersAtRest, untilOthersRest } from './othersAtRest.ts';
import { prepareDeployment } from './prepareDeployment.ts';
import { leftOut, unchangedServer } from './result.ts';
import type { TransactionResult } from './results.ts';
import type { Runtime } from './runtime.ts';
import { sourceOfRelease } from './sourceOfRelease.ts';
import { frozenIn, overrideOf, pausedIn, refuseFrozen } from './takePart.ts';

export interface CatchUpRequest {
  readonly environment: string;
  /** Servers by name; empty: all that are behind. */
  readonly servers: readonly string[];
  /** It may undo a rollback. */
  readonly unpin: boolean;
  /** Why it goes on although the environment is frozen, or a hook refuses it. Default: it does not. */
  readonly override?: string | null;
  /** For how long to wait while another run holds a lock. Default: not at all. */
  readonly lockWaitMs?: number;
}

/** Who is behind, among those that can be seen, and what they should serve. */
interface Standing {
  readonly target: GroupRelease;
  readonly seen: ReadonlyMap<string, Observation>;
  /** Those that were asked for and can be seen. */
  readonly asked: readonly string[];
  readonly behind: readonly string[];
  /** Behind too, and out of reach or paused. */
  readonly absent: readonly AbsentServer[];
  readonly frozen: readonly Freeze[];
}

/**
 * Brings the release of the group to servers that do not serve it: the same id, from the same source, as a deployment to them
 * alone. Throws `E_REFUSED`, naming each server and what stands against it, and what `deploy` throws; `E_LOCKED` also where
 * somebody is at work on another server of the group.
 */
export async function catchUp(
  runtime: Runtime,
  config: Config,
  request: CatchUpRequest,
): Promise<TransactionResult> {
  const environment = environmentNamed(config, request.environment);
  requireServers(environment, request.servers);
  await using whole = await openGroup(runtime, config, environment, [], { warm: true });
  const look = async () => {
    const standing = standingOf(await settleGroup(whole, runtime.cancel), request, runtime.now());
    return { standing, others: without(standing.seen, standing.behind) };
  };
  const { standing } = await untilOthersRest(runtime, environment.name, request.lockWaitMs ?? 0, look);
  isInTransaction(standing.seen, environment.name);
  if (standing.behind.length === 0) return nothingToDo(environment.name, standing);
  return await bring(runtime, config, whole, request, standing);
}

/** Rejects where nothing is to be caught up with, and where a server cannot be seen that has to be. */
function standingOf(looks: Looks, { environment, servers }: CatchUpRequest, now: Date): Standing {
  const failures = failuresOf(looks);
  const isNamed = (name: string) => servers.includes(name);
  if (
    failures.some((each) => isNamed(each.server) || !isOutOfReach(each.error)) ||
    failures.length === looks.size
  )
    allSeen(looks);
  const seen = seenOf(looks);
  const target = targetIn(seen, environment);
  const asked = [...seen.keys()].filter((name) => servers.length === 0 || isNamed(name));
  const behind = asked.filter((name) => isBehind(target, seen.get(name)!));
  const paused = pausedIn(seen, now).filter(({ name }) => behind.includes(name));
  refuseAll(
    paused
      .filter(({ name }) => isNamed(name))
      .map(({ name, mark }) => ({
        server: name,
        why: `it is paused ${markInWords(mark)}`,
        fix: `cutover unpause ${environment} ${name}`,
      })),
  );
  const away = failures.filter(({ server }) => target.leftOut.has(server));
  return {
    target,
    seen,
    asked,
    behind: behind.filter((name) => !paused.some((each) => each.name === name)),
    absent: [...away.map(({ server }) => ({ name: server, why: 'unreachable' as const })), ...paused],
    frozen: frozenIn(seen, now),
  };
}

function targetIn(seen: ReadonlyMap<string, Observation>, environment: string): GroupRelease {
  const target = groupReleaseOf(seen);
  const refuse = (why: string) =>
    new CutoverError('E_REFUSED', `${why}. Nothing was touched.`, { hint: `cutover deploy ${environment}` });
  if (target === null)
    throw refuse('No server serves a release that was deployed to the end, so nothing can be behind it');
  if (!isReleaseId(target.release) || target.foreign === true)
    throw refuse(`The group serves ${target.release}, which cutover did not make`);
  return target;
}

async function bring(
  runtime: Runtime,
  config: Config,
  whole: Group,
  request: CatchUpRequest,
  { target, seen, behind, absent, frozen }: Standing,
): Promise<TransactionResult> {
  const { environment, unpin } = request;
  const override = overrideOf(frozen, request.override ?? null, runtime.by);
  refuseFrozen(frozen, environment, override);
  refuseAll(behind.flatMap((name) => catchUpRefusals(name, seen.get(name)!, target, request)));
  const hint = `Bring it back, or bring a new release to all: cutover deploy ${environment}`;
  const { branch } = whole.environment;
  await using source = configuredSource(runtime, config, { branch, signal: runtime.cancel });
  const snapshot = await sourceOfRelease(source, target, hint);
  const others = narrowGroup(whole, [...without(seen, behind).keys()]);
  const prepared = await prepareDeployment(runtime, config, {
    group: narrowGroup(whole, behind),
    seen: new Map(behind.map((name) => [name, seen.get(name)!])),
    absent,
    frozen,
    override,
    reason: request.override ?? null,
    snapshot,
    release: target.release,
    full: false,
    unpin,
    isBroughtAgain: true,
  });
  return await execute({
    ...prepared,
    runtime,
    config,
    group: narrowGroup(whole, behind),
    lockWaitMs: request.lockWaitMs ?? 0,
    async replan(observations) {
      const now = seenOf(await settleGroup(others, runtime.cancel));
      requireOthersAtRest(now, environment);
      refuseFrozen(frozenIn(now, runtime.now()), environment, override);
      const group = groupReleaseOf(new Map([...now, ...observations]));
      if (group?.release !== target.release) throw movedOn(target.release, environment);
      return prepared.replan(observations);
    },
  });
}

function movedOn(release: string, environment: string): CutoverError {
  return new CutoverError('E_STALE', `The group does not serve ${release} any more. Nothing was touched.`, {
    hint: `cutover status ${environment}`,
  });
}

function nothingToDo(environment: string, { target, seen, asked, absent }: Standing): TransactionResult {
  return {
    outcome: 'unchanged',
    environment,
    kind: 'deploy',
    release: target.release,
    previous: target.release,
    revision: target.revision,
    servers: asked.map((name) => unchangedServer(name, liveRelease(seen.get(name)!), null)),
    activationSkewMs: null,
    tookMs: null,
    problems: leftOut({ absent, environment }),
    interrupted: false,
  };
}

function without(
  seen: ReadonlyMap<string, Observation>,
  names: readonly string[],
): ReadonlyMap<string, Observation> {
  return new Map([...seen].filter(([name]) => !names.includes(name)));
}
