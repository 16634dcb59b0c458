import { configDigest } from '../config/digest.ts';
import type { Config } from '../config/types.ts';
import { CutoverError } from '../contract/index.ts';
import type { Fact } from '../journal/facts.ts';
import { isCommitted, isReverting, type Merged } from '../journal/merge.ts';
import { commandTexts } from '../plan/commandRuns.ts';
import { sealPlan } from '../plan/digest.ts';
import { plannedHooks } from '../plan/plannedHooks.ts';
import type { Plan } from '../plan/types.ts';
import type { Observation } from '../remote/observation.ts';
import type { Snapshot } from '../sync/types.ts';
import { type ConfiguredSource, configuredSource } from './configuredSource.ts';
import { freeDeadLocks } from './freeDeadLocks.ts';
import {
  allSeen,
  environmentNamed,
  failuresOf,
  type Group,
  type Looks,
  narrowGroup,
  openGroup,
  seenOf,
  settleGroup,
} from './openGroup.ts';
import { openTransactionOf, severalOpen } from './openTransaction.ts';
import { planWork } from './planWork.ts';
import type { TransactionResult } from './results.ts';
import type { Runtime } from './runtime.ts';
import { sourceOfRelease } from './sourceOfRelease.ts';
import { runUnderLocks } from './underLocks.ts';

export interface ResumeRequest {
  readonly environment: string;
  readonly servers: readonly string[];
  /** Take back what can be taken back, instead of finishing it. */
  readonly abort: boolean;
  readonly lockWaitMs: number;
}

type Open = Extract<Merged, { type: 'one' }>;

/**
 * Finishes, or takes back, the transaction that the servers' journals tell of, and decides what the interrupted run
 * would have decided. Needs nothing of the machine that started it but the configuration and the source. Null when
 * nothing is open.
 */
export async function resume(
  runtime: Runtime,
  config: Config,
  request: ResumeRequest,
): Promise<TransactionResult | null> {
  const environment = environmentNamed(config, request.environment);
  await using whole = await openGroup(runtime, config, environment, request.servers, {
    warm: true,
  });
  const seen = seenOfOpen(await settleGroup(whole, runtime.cancel));
  const open =
    requireOne(openTransactionOf(seen)) ??
    requireOne(openTransactionOf(await freeDeadLocks(runtime, whole, seen, request.lockWaitMs)));
  if (open === null) return null;
  const group = narrowGroup(
    whole,
    open.opening.plan.servers.map(({ name }) => name),
  );
  const plan = rebuildPlan(open, group, config, request);
  const forward = !request.abort && !isReverting(open.facts, plan.onFailure);
  const { branch } = plan;
  await using source = configuredSource(runtime, config, { branch, signal: runtime.cancel });
  const snapshot =
    forward && needsSource(open)
      ? await sourceOf(source, plan)
      : mayRead(config, forward)
        ? await sourceIfThere(source, plan, runtime.cancel)
        : null;
  const result = await runUnderLocks({
    runtime,
    config,
    group,
    plan,
    snapshot,
    cancel: request.abort ? AbortSignal.any([runtime.cancel, AbortSignal.abort()]) : runtime.cancel,
    lockWaitMs: request.lockWaitMs,
    resuming: true,
    abort: request.abort,
    async underLock(seen) {
      const now = requireOne(openTransactionOf(seen));
      if (now?.opening.id !== open.opening.id) throw endedMeanwhile(request.environment);
      const opened: Fact = { type: 'opened', at: now.opening.at, by: now.opening.by, plan };
      const work = snapshot && (await planWork({ ...plan, group, snapshot, signal: runtime.cancel }, seen));
      return { seen, work: work ?? new Map(), past: [opened, ...now.facts] };
    },
  });
  // Going back is what was asked for, not an interruption of it.
  return request.abort ? asAsked(result) : result;
}

/** Nor has a step failed that was not done for it. */
function asAsked(result: TransactionResult): TransactionResult {
  const servers = result.servers.map((server) =>
    server.failure?.code === 'E_INTERRUPTED' ? { ...server, failure: null } : server,
  );
  return { ...result, servers, interrupted: false };
}

/** Nobody needs to see servers that the open transaction is not about. Rejects as `allSeen` does. */
function seenOfOpen(looks: Looks): ReadonlyMap<string, Observation> {
  const seen = seenOf(looks);
  const merged = openTransactionOf(seen);
  const taking = merged.type === 'one' ? merged.opening.plan.servers.map(({ name }) => name) : [];
  const isKnown = merged.type === 'one' && failuresOf(looks).every(({ server }) => !taking.includes(server));
  return isKnown ? seen : allSeen(looks);
}

function requireOne(merged: Merged): Open | null {
  if (merged.type === 'several') throw severalOpen(merged);
  return merged.type === 'nothing' ? null : merged;
}

function endedMeanwhile(environment: string): CutoverError {
  return new CutoverError(
    'E_STALE',
    'Somebody else ended that transaction in the meantime. Nothing was touched.',
    {
      hint: `cutover status ${environment}`,
    },
  );
}

/** The plan of the interrupted run: its facts from the journal, its commands and hooks from the configuration. */
function rebuildPlan({ opening, facts }: Open, group: Group, config: Config, request: ResumeRequest): Plan {
  const refuse = (why: string, hint: string) =>
    new CutoverError(
      'E_REFUSED',
      `The transaction ${opening.plan.release} cannot be resumed: ${why}. Nothing was touched.`,
      { hint },
    );
  const { environment } = group;
  const { plan } = opening;
  if (plan.application !== config.application || plan.environment !== environment.name) {
    throw refuse(
      `it belongs to ${plan.application}, ${plan.environment}`,
      'Resume it with that configuration.',
    );
  }
  if (request.abort && isCommitted(facts)) {
    throw refuse(
      'it is committed, and only old releases are left to remove',
      `cutover resume ${environment.name}, then perhaps: cutover rollback ${environment.name}`,
    );
  }
  if (
    !request.abort &&
    plan.configuration !== configDigest(environmentNamed(config, environment.name), config.application)
  ) {
    throw refuse(
      'the configuration has changed since',
      `Resume with the configuration it was begun with, or: cutover resume ${environment.name} --abort`,
    );
  }
  const { digest: _, ...rest } = plan;
  return sealPlan({
    ...rest,
    servers: plan.servers.map((server) => ({
      ...server,
      files: [],
      commands: commandTexts(environment.commands, server.runs),
      hooks: plannedHooks(environment, server.name, plan),
    })),
  });
}

/** Only a release that is not built everywhere needs the source once more. */
function needsSource({ opening, facts }: Open): boolean {
  const isLinked = (server: string) =>
    facts.some((fact) => fact.type === 'step.done' && fact.server === server && fact.step === 'linkRelease');
  return opening.plan.kind === 'deploy' && !opening.plan.servers.every(({ name }) => isLinked(name));
}

/** Going back waits for nobody: what lies on this machine is read, and no plugin is asked. */
function mayRead({ source }: Config, forward: boolean): boolean {
  return forward || source.type !== 'plugin';
}

/**
 * With a source, what commands wrote in place can be taken out of other releases; the rest goes without. Rejects only when
 * somebody wants to stop.
 */
async function sourceIfThere(
  source: ConfiguredSource,
  plan: Plan,
  cancel: AbortSignal,
): Promise<Snapshot | null> {
  const hasCommands = plan.servers.some(
    ({ commands }) => commands.postUpload.length + commands.postLaunch.length > 0,
  );
  if (plan.kind === 'rollback' || !hasCommands) return null;
  return sourceOf(source, plan).catch((error: unknown) => {
    if (cancel.aborted) throw error;
    return null;
  });
}

function sourceOf(source: ConfiguredSource, plan: Plan): Promise<Snapshot> {
  const hint = `Bring it back, or: cutover resume ${plan.environment} --abort`;
  return sourceOfRelease(source, plan, hint);
}
