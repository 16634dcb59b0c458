import type { EnvironmentConfig } from '../config/types.ts';
import { nextReleaseId } from '../release/id.ts';
import { foldLedger, type LedgerRecord, type Override } from '../release/ledger.ts';
import { pinOf } from '../release/pin.ts';
import { releasesToRemove } from '../release/retention.ts';
import type { Observation } from '../remote/observation.ts';
import type { SyncWork } from '../sync/syncWork.ts';
import type { ManifestEntry, Snapshot } from '../sync/types.ts';
import { batchesOf } from './batches.ts';
import { type CommandPlace, type CommandRuns, commandRuns, commandTexts } from './commandRuns.ts';
import { sealPlan } from './digest.ts';
import { type Freeze, markNotes } from './marks.ts';
import { notesOf } from './notes.ts';
import { plannedHooks } from './plannedHooks.ts';
import { commandRefusals, layoutRefusals, sharedRefusals } from './refusals.ts';
import { refuseAll } from './refuse.ts';
import { spaceRefusals } from './space.ts';
import type { AbsentServer, Plan, ServerPlan } from './types.ts';

export interface DeploymentFacts {
  readonly application: string;
  readonly environment: EnvironmentConfig;
  /** Hash of what the configuration says of the environment. */
  readonly configuration: string;
  readonly snapshot: Pick<Snapshot, 'revision' | 'branch' | 'message' | 'author' | 'state'>;
  /** What the source has at `sharedPathsToKnow`. */
  readonly sourceKinds: ReadonlyMap<string, ManifestEntry['kind']>;
  /** By the name of the server. */
  readonly observations: ReadonlyMap<string, Observation>;
  /** What there is to do to each deploy-cache, by the name of the server. */
  readonly work: ReadonlyMap<string, SyncWork>;
  /** Its id. */
  readonly release: string;
  readonly full: boolean;
  readonly unpin: boolean;
  /** Servers that are left behind by consent. Default: none. */
  readonly absent?: readonly AbsentServer[];
  /** Marks that the environment is frozen by. Default: none. */
  readonly frozen?: readonly Freeze[];
  /** Default: nobody's. */
  readonly override?: Override | null;
  /** Other servers have this release already. Default: none has. */
  readonly isBroughtAgain?: boolean;
}

/** Pure: the same facts give the same plan. Throws `E_REFUSED`, naming everything that stands against it at once. */
export function planDeployment(facts: DeploymentFacts): Plan {
  const { environment, snapshot, observations, work, release } = facts;
  const seenOf = (name: string) => observations.get(name)!;
  const { isBroughtAgain = false } = facts;
  const runs = new Map(
    environment.servers.map(({ name }) => {
      const changed = changedSinceLive(seenOf(name), work.get(name)!);
      return [name, runsOn(environment, name, seenOf(name), { changed, isBroughtAgain })];
    }),
  );
  refuseAll(
    environment.servers.flatMap(({ name }) => [
      ...layoutRefusals(name, seenOf(name)),
      ...commandRefusals(
        name,
        seenOf(name),
        Object.values(commandTexts(environment.commands, runs.get(name)!)).flat(),
      ),
      ...sharedRefusals(name, seenOf(name), environment.shared, facts.sourceKinds),
      ...spaceRefusals(name, seenOf(name), work.get(name)!, environment),
    ]),
  );
  // To take a pin away is something to do, and a new release is what does it.
  const unpins = facts.unpin && [...observations.values()].some((seen) => pinOf(seen.ledger) !== null);
  const unchanged =
    !facts.full &&
    !unpins &&
    !isBroughtAgain &&
    environment.servers.every(({ name }) => serves(seenOf(name), facts));
  return sealPlan({
    version: 1,
    kind: 'deploy',
    application: facts.application,
    environment: environment.name,
    release,
    revision: snapshot.revision,
    branch: snapshot.branch,
    message: snapshot.message,
    author: snapshot.author,
    full: facts.full,
    unpin: facts.unpin,
    ...(isBroughtAgain && { isBroughtAgain }),
    unchanged,
    configuration: facts.configuration,
    manifest: snapshot.state,
    keep: environment.keep,
    ...changeOver(environment),
    override: facts.override ?? null,
    absent: facts.absent ?? [],
    servers: environment.servers.map(({ name }) =>
      planServer(name, runs.get(name)!, facts, seenOf(name), work.get(name)!, release),
    ),
    notes: [...notesOf(environment, observations, work, facts.unpin), ...notesOfMarks(facts)],
  });
}

/** What people say by marks, and what became of it. */
export function notesOfMarks({
  environment,
  absent = [],
  frozen = [],
  override = null,
}: Pick<DeploymentFacts, 'environment' | 'absent' | 'frozen' | 'override'>): readonly string[] {
  return markNotes(absent, frozen, environment.name, override);
}

/** How the servers change over together, as the configuration says. */
export function changeOver(
  environment: EnvironmentConfig,
): Pick<Plan, 'strategy' | 'batches' | 'pauseMs' | 'onFailure'> {
  const { strategy, onFailure, servers } = environment;
  const batches = batchesOf(
    environment,
    servers.map(({ name }) => name),
  );
  return { strategy, batches, pauseMs: batches.length > 1 ? environment.pauseMs : 0, onFailure };
}

/** Which commands run on a server. `changed` as in `CommandPlace`; default: nobody knows. */
export function runsOn(
  { commands, servers }: EnvironmentConfig,
  name: string,
  seen: Observation,
  { changed = null, isBroughtAgain = false }: Partial<Pick<CommandPlace, 'changed' | 'isBroughtAgain'>> = {},
): CommandRuns {
  const index = servers.findIndex((server) => server.name === name);
  return commandRuns(commands, {
    name,
    roles: servers[index]!.roles,
    index,
    isLast: index === servers.length - 1,
    isFirstDeploy: liveRelease(seen) === null,
    changed,
    isBroughtAgain,
  });
}

/** What is sent tells it only where the deploy-cache holds what is live. */
function changedSinceLive(seen: Observation, { fresh, diff }: SyncWork): readonly string[] | null {
  const isLive = liveRecord(seen)?.manifest !== undefined && isLiveCached(seen);
  return isLive && !fresh ? diff.changes.map(({ path }) => path) : null;
}

/** Where a deployment failed, or was rolled back from, the deploy-cache holds what that one brought. */
function isLiveCached(seen: Observation): boolean {
  const live = liveRecord(seen)?.manifest ?? null;
  return live === (seen.cache.head?.state ?? null) && !seen.cache.pending;
}

/** The id of a release that is made now: greater than all that the servers know of. */
export function newRelease(now: Date, observations: ReadonlyMap<string, Observation>): string {
  return nextReleaseId(now, [...observations.values()].flatMap(namesInUse));
}

/** Ids that a new one must be greater than: what is on disk, and what the ledger tells of. */
function namesInUse(seen: Observation): readonly string[] {
  return [...seen.releases, ...seen.ledger.map((entry) => entry.release)];
}

/** Is exactly this what the server serves already? */
function serves(seen: Observation, wanted: Pick<DeploymentFacts, 'configuration' | 'snapshot'>): boolean {
  const record = liveRecord(seen);
  return (
    record?.state === 'succeeded' &&
    record.kept !== true &&
    !seen.cache.pending &&
    record.manifest === wanted.snapshot.state &&
    record.configuration === wanted.configuration &&
    record.revision === wanted.snapshot.revision
  );
}

/** What the ledger says of the release that is live. */
export function liveRecord(seen: Observation): LedgerRecord | null {
  const id = liveRelease(seen);
  return (id === null ? undefined : foldLedger(seen.ledger).get(id)) ?? null;
}

export function liveRelease(seen: Observation): string | null {
  return seen.current.kind === 'link' && !seen.current.dangling ? seen.current.release : null;
}

function planServer(
  name: string,
  runs: CommandRuns,
  { environment, unpin, isBroughtAgain = false }: DeploymentFacts,
  seen: Observation,
  work: SyncWork,
  release: string,
): ServerPlan {
  const { added, updated, removed, bytes, changes } = work.diff;
  return {
    name,
    path: seen.path,
    current: liveRelease(seen),
    currentRevision: liveRecord(seen)?.revision ?? null,
    expects: expectationOf(seen),
    changes: { added, updated, removed, bytes, sinceLive: isLiveCached(seen) },
    files: changes,
    commands: commandTexts(environment.commands, runs),
    runs,
    hooks: plannedHooks(environment, name, { kind: 'deploy', servers: environment.servers, isBroughtAgain }),
    shared: environment.shared,
    prune: releasesToRemove({
      ledger: foldLedger(seen.ledger),
      onDisk: seen.releases,
      current: release,
      live: liveRelease(seen),
      pinned: unpin ? null : (pinOf(seen.ledger)?.release ?? null),
      keep: environment.keep,
    }),
  };
}

export function expectationOf(seen: Observation): ServerPlan['expects'] {
  return {
    current: seen.current.kind === 'link' ? seen.current.text : null,
    dangling: seen.current.kind === 'link' && seen.current.dangling,
    ledger: seen.ledgerHash,
    manifest: seen.cache.hash,
    realPath: seen.realPath,
  };
}
