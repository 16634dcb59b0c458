import type { EnvironmentConfig } from '../config/types.ts';
import { commandTexts } from '../plan/commandRuns.ts';
import { runsOn } from '../plan/planDeployment.ts';
import { commandRefusals, layoutRefusals } from '../plan/refusals.ts';
import type { Observation } from '../remote/observation.ts';
import { ok, warning } from './finding.ts';
import type { Finding } from './results.ts';

/** What an observation of a server says for and against a deployment. */
export function serverFindings(
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
