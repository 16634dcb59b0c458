import type { EnvironmentConfig } from '../config/types.ts';
import { CutoverError } from '../contract/index.ts';
import { foldLedger, type Override } from '../release/ledger.ts';
import { rollbackCandidates } from '../release/retention.ts';
import type { Observation } from '../remote/observation.ts';
import { type CommandRuns, commandTexts } from './commandRuns.ts';
import { sealPlan } from './digest.ts';
import { groupReleaseOf, isBehind } from './groupRelease.ts';
import type { Freeze } from './marks.ts';
import {
  changeOver,
  expectationOf,
  liveRecord,
  liveRelease,
  notesOfMarks,
  runsOn,
} from './planDeployment.ts';
import { plannedHooks } from './plannedHooks.ts';
import { commandRefusals, layoutRefusals } from './refusals.ts';
import { refuseAll } from './refuse.ts';
import type { AbsentServer, Plan, ServerPlan } from './types.ts';

export interface RollbackFacts {
  readonly application: string;
  readonly environment: EnvironmentConfig;
  readonly configuration: string;
  readonly observations: ReadonlyMap<string, Observation>;
  /** The release asked for; null: the last one before the current one that succeeded on every server. */
  readonly to: string | null;
  /** Servers that are left behind by consent. Default: none. */
  readonly absent?: readonly AbsentServer[];
  /** Marks that the environment is frozen by. Default: none. */
  readonly frozen?: readonly Freeze[];
  /** Default: nobody's. */
  readonly override?: Override | null;
}

/** Pure. Throws `E_REFUSED` when there is nowhere to go back to. */
export function planRollback(facts: RollbackFacts): Plan {
  const { environment, observations } = facts;
  refuseAll(
    environment.servers.flatMap(({ name }) => {
      const seen = observations.get(name)!;
      const { postLaunch } = commandTexts(environment.commands, launchesOn(environment, name, seen));
      return [...layoutRefusals(name, seen), ...commandRefusals(name, seen, postLaunch)];
    }),
  );
  const release = facts.to ?? chooseTarget(facts);
  requireOnDisk(release, facts);
  const record = [...observations.values()]
    .map((seen) => foldLedger(seen.ledger).get(release))
    .find((each) => each !== undefined);
  return sealPlan({
    version: 1,
    kind: 'rollback',
    application: facts.application,
    environment: environment.name,
    release,
    revision: record?.revision ?? null,
    branch: null,
    message: null,
    author: null,
    full: false,
    unpin: false,
    unchanged: [...observations.values()].every(
      (seen) => liveRelease(seen) === release && liveRecord(seen)?.kept !== true,
    ),
    configuration: facts.configuration,
    manifest: null,
    keep: environment.keep,
    ...changeOver(environment),
    override: facts.override ?? null,
    absent: facts.absent ?? [],
    servers: environment.servers.map(({ name }) => planServer(name, environment, observations.get(name)!)),
    notes: notesOfMarks(facts),
  });
}

/** Before the newest that is live: where a server is behind, it may serve the target already. */
function chooseTarget({ environment, observations }: RollbackFacts): string {
  const seen = [...observations.values()];
  const newest = seen
    .flatMap((each) => liveRelease(each) ?? [])
    .toSorted()
    .at(-1);
  const perServer = seen.map((each) =>
    newest === undefined || liveRelease(each) === null
      ? []
      : rollbackCandidates(foldLedger(each.ledger), each.releases, newest),
  );
  const common = (perServer[0] ?? []).filter((id) => perServer.every((each) => each.includes(id)));
  const target = common.at(-1);
  if (target !== undefined) return target;
  throw new CutoverError(
    'E_REFUSED',
    'There is no earlier release that succeeded on every server; nothing was touched.',
    {
      hint: `See "cutover releases"; "cutover rollback --to ID" names one explicitly.${behindHint(
        environment.name,
        observations,
        environment.servers.map(({ name }) => name),
      )}`,
    },
  );
}

function requireOnDisk(release: string, { environment, observations }: RollbackFacts): void {
  const lacking = [...observations]
    .filter(([, seen]) => !seen.releases.includes(release))
    .map(([name]) => name);
  if (lacking.length === 0) return;
  throw new CutoverError(
    'E_REFUSED',
    `The release ${release} does not exist on ${lacking.join(', ')}; nothing was touched.`,
    {
      hint: `See "cutover releases" for what is there.${behindHint(environment.name, observations, lacking)}`,
    },
  );
}

/** A server that missed a deployment can have what the others have. */
function behindHint(
  environment: string,
  observations: RollbackFacts['observations'],
  names: readonly string[],
): string {
  const group = groupReleaseOf(observations);
  const behind = names.filter((name) => isBehind(group, observations.get(name)!));
  if (group === null || behind.length === 0) return '';
  return `\nBehind the others' ${group.release}: ${behind.join(', ')}. To bring it there: cutover catch-up ${environment}`;
}

function planServer(name: string, environment: EnvironmentConfig, seen: Observation): ServerPlan {
  const runs = launchesOn(environment, name, seen);
  return {
    name,
    path: seen.path,
    current: liveRelease(seen),
    currentRevision: liveRecord(seen)?.revision ?? null,
    expects: expectationOf(seen),
    changes: { added: 0, updated: 0, removed: 0, bytes: 0, sinceLive: false },
    files: [],
    commands: commandTexts(environment.commands, runs),
    runs,
    hooks: plannedHooks(environment, name, { kind: 'rollback', servers: environment.servers }),
    shared: environment.shared,
    prune: [],
  };
}

/** Only what launches a release. What changes is not looked at: it counts as changed. */
function launchesOn(environment: EnvironmentConfig, name: string, seen: Observation): CommandRuns {
  return { postUpload: [], postLaunch: runsOn(environment, name, seen).postLaunch };
}
