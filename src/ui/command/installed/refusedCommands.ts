import type { Config } from '@oclif/core';
import { asTyped } from '../asTyped.ts';
import { commandNames, keptBeside } from './keptBeside.ts';
import { oclifPlugin } from './oclifPlugin.ts';
import { installedPackages } from './packages.ts';
import { installedIn } from './registrations.ts';

/** Which commands of a package that has just come are refused, as they would be typed. */
export async function refusedCommands(
  { plugins, dataDir }: Config,
  name: string,
): Promise<readonly string[]> {
  const found = (await installedPackages(dataDir)).find((each) => each.name === name);
  if (found === undefined) return [];
  const own = [...plugins.values()].filter((plugin) => installedIn(plugin) === null);
  return keptBeside(await oclifPlugin(found), commandNames(own)).refusedCommands.map(asTyped);
}
