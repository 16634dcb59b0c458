import type { Config, EnvironmentConfig } from '../config/types.ts';
import { commandTexts } from '../plan/commandRuns.ts';
import { markInWords } from '../plan/marks.ts';
import { runsOn } from '../plan/planDeployment.ts';
import { commandRefusals, layoutRefusals } from '../plan/refusals.ts';
import type { Leak } from '../remote/engine.ts';
import { markInForce } from '../remote/marks.ts';
import type { Observation } from '../remote/observation.ts';
import { extensionFindings } from './checkExtensions.ts';
import { configuredSource } from './configuredSource.ts';
import { failed, ok, warning } from './finding.ts';
import { lockOwner } from './lockOwner.ts';
import { environmentNamed, type Group, openGroup, seenOf, settleGroup } from './openGroup.ts';
import type { CheckResult, Finding } from './results.ts';
import type { Runtime } from './runtime.ts';

/** Looks at all that could stop a deployment, without starting one. Every finding says what to do about it. */
export async function check(
  runtime: Runtime,
  config: Config,
  name: string,
  servers: readonly string[],
): Promise<CheckResult> {
  const environment = environmentNamed(config, name);
  await using group = await openGroup(runtime, config, environment, servers);
  const source = await lookAtSource(runtime, config, environment);
  const looks = await settleGroup(group, runtime.cancel);
  const leaks = await leaksOf(group, looks, runtime.cancel);
  const { findings, ...about } = source;
  const said = await extensionFindings({ runtime, config, group, seen: seenOf(looks), ...about });
  return {
    environment: name,
    source: findings,
    extensions: said.extensions,
    servers: [...looks].map(([server, look]) => ({
      name: server,
      findings:
        look.status === 'fulfilled'
          ? [
              ...serverFindings(server, look.value, group.environment, runtime.now()),
              ...leakFindings(leaks.get(server) ?? []),
              ...(said.servers.get(server) ?? []),
            ]
          : [failed(look.reason)],
    })),
  };
}

/** Where a look fails, the findings of the observation are still worth telling. */
async function leaksOf(
  group: Group,
  looks: ReadonlyMap<string, PromiseSettledResult<Observation>>,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly Leak[]>> {
  const reached = [...looks].filter(
    ([, look]) => look.status === 'fulfilled' && look.value.cache.head !== null,
  );
  const found = reached.map(async ([server]) => {
    const leaks = await group.engines
      .get(server)!
      .leaks(AbortSignal.any([signal, AbortSignal.timeout(LEAKS_DEADLINE_MS)]))
      .catch(() => []);
    return [server, leaks] as const;
  });
  return new Map(await Promise.all(found));
}

const LEAKS_DEADLINE_MS = 2 * 60_000;
const NAMED_LEAKS = 3;

function leakFindings(leaks: readonly Leak[]): readonly Finding[] {
  if (leaks.length === 0) return [];
  const named = leaks.slice(0, NAMED_LEAKS).map(({ path }) => path);
  const more = leaks.length > NAMED_LEAKS ? ` and ${leaks.length - NAMED_LEAKS} more` : '';
  return [
    warning(
      `files that releases share were written in place: ${named.join(', ')}${more}`,
      'The next deployment sends them again. Have them written to a new file and renamed, or name them under "unshare".',
    ),
  ];
}

/** Null, where it does not tell. */
interface SourceLook {
  readonly findings: readonly Finding[];
  readonly revision: string | null;
  readonly branch: string | null;
}

async function lookAtSource(
  runtime: Runtime,
  config: Config,
  { branch }: EnvironmentConfig,
): Promise<SourceLook> {
  const signal = runtime.cancel;
  await using source = configuredSource(runtime, config, { branch, signal });
  try {
    const snapshot = await source.snapshot(null);
    const files = (await snapshot.manifest(signal)).filter((entry) => entry.kind !== 'directory').length;
    const findings =
      files === 0 ? [EMPTY] : [ok(`${files} ${files === 1 ? 'file' : 'files'} at ${snapshot.revision}`)];
    return { findings, revision: snapshot.revision, branch: snapshot.branch };
  } catch (error) {
    return { findings: [failed(error)], revision: null, branch };
  }
}

const EMPTY: Finding = {
  level: 'error',
  message: 'The source is empty.',
  fix: 'Look at "source" and "exclude" in the configuration.',
  code: null,
};

function serverFindings(
  name: string,
  seen: Observation,
  environment: EnvironmentConfig,
  now: Date,
): readonly Finding[] {
  const commands = Object.values(commandTexts(environment.commands, runsOn(environment, name, seen))).flat();
  const refusals = [...layoutRefusals(name, seen), ...commandRefusals(name, seen, commands)].map(
    ({ why, fix }): Finding => ({ level: 'error', message: why, fix, code: null }),
  );
  return [
    ok(
      `reached as ${seen.user}; ${seen.exists ? 'the deploy path is' : 'the deploy path will be created as'} ${seen.path}`,
    ),
    ...engineFindings(seen),
    ...refusals,
    ...currentFindings(seen),
    ...sharedFindings(seen, environment),
    ...diskFindings(seen),
    ...clockFindings(seen, now),
    ...commandFindings(seen, environment),
    ...lockFindings(seen, environment),
    ...markFindings(name, seen, environment, now),
  ];
}

/** A shell is the usual case, and is not worth a line. */
function engineFindings({ noCommands }: Observation): readonly Finding[] {
  if (noCommands === undefined) return [];
  return [ok(`the login runs no POSIX shell: everything is done over SFTP, and no commands can be run`)];
}

/** A `current` that is no link, or leads elsewhere, is among the refusals. */
function currentFindings({ current }: Observation): readonly Finding[] {
  if (current.kind === 'absent') return [ok('nothing is live yet')];
  if (current.kind !== 'link' || current.release === null) return [];
  if (!current.dangling) return [ok(`${current.text} is live`)];
  return [
    warning(
      `current leads to ${current.text}, which does not exist: nothing valid is live`,
      'Deploy, or roll back to a release that exists.',
    ),
  ];
}

function sharedFindings(seen: Observation, environment: EnvironmentConfig): readonly Finding[] {
  return environment.shared.files
    .filter((path) => (seen.shared[path] ?? 'absent') === 'absent')
    .map((path) =>
      warning(
        `shared/${path} does not exist`,
        `Create ${seen.path}/shared/${path}, unless the source brings it.`,
      ),
    );
}

const LOW_BYTES = 512 * 1024 * 1024;
const LOW_INODES = 10_000;

function diskFindings(seen: Observation): readonly Finding[] {
  const { freeBytes, freeInodes } = seen;
  const free = freeBytes === null ? 'an unknown amount of' : `${Math.floor(freeBytes / 1024 / 1024)} MiB of`;
  return [
    freeBytes !== null && freeBytes < LOW_BYTES
      ? warning(`only ${free} disk space is free`, 'Free some space, or keep fewer releases.')
      : ok(`${free} disk space is free`),
    ...(freeInodes !== null && freeInodes < LOW_INODES
      ? [
          warning(
            `only ${freeInodes} inodes are free`,
            'Remove what has many small files, or keep fewer releases.',
          ),
        ]
      : []),
  ];
}

const LARGE_SKEW_MS = 60_000;

function clockFindings(seen: Observation, now: Date): readonly Finding[] {
  if (seen.clock === null) return [];
  const skewMs = Math.abs(seen.clock.getTime() - now.getTime());
  return skewMs < LARGE_SKEW_MS
    ? []
    : [
        warning(
          `its clock is ${Math.round(skewMs / 1000)} s away from this machine's`,
          'Keep both on time (NTP): the times of files and releases come from here.',
        ),
      ];
}

function commandFindings(seen: Observation, environment: EnvironmentConfig): readonly Finding[] {
  const commands = [...environment.commands.postUpload, ...environment.commands.postLaunch];
  if (commands.length === 0 || seen.noCommands !== undefined) return [];
  return [
    ...(seen.tools.has('bash')
      ? []
      : [
          warning(
            'it has no bash: a failure inside a pipe of a command is not seen',
            'Install bash, or avoid pipes in commands.',
          ),
        ]),
    ...(seen.tools.has('setsid')
      ? []
      : [
          warning(
            'it has no setsid: a command that is ended may leave processes behind',
            'Install util-linux or BusyBox.',
          ),
        ]),
  ];
}

function lockFindings(seen: Observation, environment: EnvironmentConfig): readonly Finding[] {
  const owner = lockOwner(seen.lock);
  return owner === null
    ? []
    : [
        warning(
          `it is locked by ${owner.by} since ${owner.since}`,
          `If that run is dead: cutover unlock ${environment.name}`,
        ),
      ];
}

function markFindings(
  name: string,
  { paused, frozen, clock }: Observation,
  environment: EnvironmentConfig,
  now: Date,
): readonly Finding[] {
  const isPaused = markInForce(paused, clock, now);
  const isFrozen = markInForce(frozen, clock, now);
  return [
    ...(isPaused === null
      ? []
      : [
          warning(
            `it is paused ${markInWords(isPaused)}; deployments leave it out`,
            `When that is over: cutover unpause ${environment.name} ${name}`,
          ),
        ]),
    ...(isFrozen === null
      ? []
      : [
          warning(
            `${environment.name} is frozen ${markInWords(isFrozen)}; deployments are refused`,
            `When that is over: cutover unfreeze ${environment.name}`,
          ),
        ]),
  ];
}
