import ignore from 'ignore';
import type { CommandCondition, CommandConfig, CommandServers, EnvironmentConfig } from '../config/types.ts';

/** Which of the configured commands run on a server, as indices into the configuration's lists. */
export interface CommandRuns {
  readonly postUpload: readonly number[];
  readonly postLaunch: readonly number[];
}

/** One server as its commands see it. */
export interface CommandPlace {
  readonly name: string;
  readonly roles: readonly string[];
  /** Among the servers of the plan, in the order of the configuration. */
  readonly index: number;
  readonly isLast: boolean;
  /** Nothing is live there yet. */
  readonly isFirstDeploy: boolean;
  /** Paths that are not there as they are in the release that is live; null: nobody knows. */
  readonly changed: readonly string[] | null;
  /** Another transaction has brought this release to some servers already. */
  readonly isBroughtAgain: boolean;
}

/** Pure: every deployer chooses the same ones. */
export function commandRuns(commands: EnvironmentConfig['commands'], place: CommandPlace): CommandRuns {
  const runs = (list: readonly CommandConfig[]) =>
    [...list.entries()].filter(([, each]) => isMeant(each, place)).map(([index]) => index);
  return { postUpload: runs(commands.postUpload), postLaunch: runs(commands.postLaunch) };
}

/** Their texts, for people. */
export function commandTexts(
  commands: EnvironmentConfig['commands'],
  runs: CommandRuns,
): { readonly postUpload: readonly string[]; readonly postLaunch: readonly string[] } {
  return {
    postUpload: chosen(commands.postUpload, runs.postUpload).map(({ run }) => run),
    postLaunch: chosen(commands.postLaunch, runs.postLaunch).map(({ run }) => run),
  };
}

/** Those that a configuration has lost in the meantime are left out. */
export function chosen(
  commands: readonly CommandConfig[],
  indices: readonly number[],
): readonly CommandConfig[] {
  return indices.flatMap((index) => commands[index] ?? []);
}

function isMeant(command: CommandConfig, place: CommandPlace): boolean {
  return isMeantFor(command.on, place) && (command.when === null || holds(command.when, place));
}

/** Whether a command or a hook is meant for a server. */
export function isMeantFor(
  on: CommandServers,
  place: Pick<CommandPlace, 'name' | 'roles' | 'index' | 'isLast' | 'isBroughtAgain'>,
): boolean {
  if (on === 'all') return true;
  if (on === 'first') return place.index === 0;
  if (on === 'once') return place.index === 0 && !place.isBroughtAgain;
  if (on === 'rest') return place.index > 0;
  if (on === 'last') return place.isLast;
  const [kind, name = ''] = on.split(':', 2);
  return kind === 'role' ? place.roles.includes(name) : place.name === name;
}

function holds(condition: CommandCondition, place: CommandPlace): boolean {
  if (condition.type === 'first-deploy') return place.isFirstDeploy;
  if (place.changed === null) return true;
  const matcher = ignore({ allowRelativePaths: true }).add([...condition.patterns]);
  return place.changed.some((path) => matcher.ignores(path));
}
