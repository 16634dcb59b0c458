import type { EnvironmentConfig } from '../config/types.ts';
import type { Observation } from '../remote/observation.ts';
import { parentsOf } from '../sync/parents.ts';
import type { ManifestEntry } from '../sync/types.ts';
import { pinInWords } from './notes.ts';

export interface Refusal {
  readonly server: string;
  readonly why: string;
  readonly fix: string;
}

/** What no deployment or rollback can be made on. Pure. */
export function layoutRefusals(server: string, seen: Observation): readonly Refusal[] {
  const refuse = (why: string, fix: string): Refusal => ({ server, why, fix });
  const { current } = seen;
  return [
    ...seen.misplaced.map((name) =>
      refuse(
        `${seen.path}/${name} is a link or a file, not a directory`,
        `Move it away: cutover removes old entries below it.`,
      ),
    ),
    ...(current.kind === 'directory' || current.kind === 'other'
      ? [
          refuse(
            `${seen.path}/current is a ${current.kind === 'directory' ? 'real directory' : 'file'}, not a link`,
            `To adopt it: mkdir -p ${seen.path}/releases && mv ${seen.path}/current ${seen.path}/releases/initial && ln -s releases/initial ${seen.path}/current`,
          ),
        ]
      : []),
    ...(current.kind === 'link' && current.release === null
      ? [
          refuse(
            `${seen.path}/current leads outside releases/, to ${current.text}`,
            `Move that directory to ${seen.path}/releases/initial and link current to releases/initial.`,
          ),
        ]
      : []),
    ...(seen.writable
      ? []
      : [
          refuse(
            `${seen.user} may not write to ${seen.path}`,
            `On the server, as root: mkdir -p ${seen.path} && chown ${seen.user} ${seen.path}`,
          ),
        ]),
    ...toolRefusals(server, seen),
  ];
}

/** A rollback that a deployment would undo silently. Planning is not refused, only running. */
export function pinRefusals(server: string, seen: Observation, environment: string): readonly Refusal[] {
  const pinned = pinInWords(seen);
  return pinned === null
    ? []
    : [
        {
          server,
          why: `${pinned}, and a deployment would undo that`,
          fix: `cutover deploy ${environment} --unpin`,
        },
      ];
}

/** Commands where none can be run, by name. */
export function commandRefusals(
  server: string,
  seen: Observation,
  commands: readonly string[],
): readonly Refusal[] {
  if (seen.noCommands === undefined) return [];
  return commands.map((command) => ({
    server,
    why: `the command "${command}" cannot be run there: ${seen.noCommands}`,
    fix: 'Use a login with a POSIX shell, or run it where you build and deploy what it makes.',
  }));
}

const NEEDED_TOOLS = ['tar', 'cp', 'mv', 'ln', 'rm', 'find', 'xargs', 'readlink'];

function toolRefusals(server: string, seen: Observation): readonly Refusal[] {
  if (seen.noCommands !== undefined) return [];
  const missing = NEEDED_TOOLS.filter((tool) => !seen.tools.has(tool));
  return missing.length === 0
    ? []
    : [
        {
          server,
          why: `it has no ${missing.join(', ')}`,
          fix: 'Install GNU coreutils, tar and findutils, or BusyBox.',
        },
      ];
}

/** What has to be known of the source: the shared paths, and what is above them. */
export function sharedPathsToKnow({ directories, files }: EnvironmentConfig['shared']): readonly string[] {
  const paths = [...directories, ...files];
  return [...new Set([...parentsOf(paths), ...paths])];
}

/** Shared paths that would be missing or are of the wrong kind. `kinds`: what the source has at `sharedPathsToKnow`. */
export function sharedRefusals(
  server: string,
  seen: Observation,
  shared: EnvironmentConfig['shared'],
  kinds: ReadonlyMap<string, ManifestEntry['kind']>,
): readonly Refusal[] {
  const refuse = (why: string, fix: string): Refusal => ({ server, why, fix });
  const at = (path: string) => `${seen.path}/shared/${path}`;
  return [
    ...shared.directories.flatMap((path) => {
      if (seen.shared[path] === 'file' || seen.shared[path] === 'other')
        return [refuse(`${at(path)} is not a directory`, 'Move it away, or list it under shared.files.')];
      // It would be the seed of the shared one.
      const seedsFile = (seen.shared[path] ?? 'absent') === 'absent' && kinds.get(path) === 'file';
      return seedsFile
        ? [
            refuse(
              `the shared directory ${path} is a file in the source`,
              'List it under shared.files, or exclude it from the source.',
            ),
          ]
        : [];
    }),
    ...shared.files.flatMap((path) => {
      if (seen.shared[path] === 'directory')
        return [refuse(`${at(path)} is a directory`, 'Move it away, or list it under shared.directories.')];
      const missing = (seen.shared[path] ?? 'absent') === 'absent' && kinds.get(path) !== 'file';
      return missing
        ? [
            refuse(
              `the shared file ${at(path)} does not exist`,
              'Create it there; cutover never makes up the content of a shared file.',
            ),
          ]
        : [];
    }),
    ...[...shared.directories, ...shared.files].flatMap((path) => {
      const blocked = parentsOf([path]).find((parent) => (kinds.get(parent) ?? 'directory') !== 'directory');
      return blocked === undefined
        ? []
        : [
            refuse(
              `the shared path ${path} cannot be linked: ${blocked} is a ${kinds.get(blocked)} in the source`,
              `Exclude ${blocked} from the source, or choose another shared path.`,
            ),
          ];
    }),
  ];
}
