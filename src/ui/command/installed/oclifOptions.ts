import type { Interfaces } from '@oclif/core';
import { Plugin } from '@oclif/core/config';
import { dataDirectory } from './dataDirectory.ts';
import { oclifPlugin } from './oclifPlugin.ts';
import { installedPackages } from './packages.ts';

/**
 * All plugins for oclif: this program, those that it comes with, and what was installed, by name. Nothing that is wrong with
 * an installed one is told here: commands that need none have to work.
 */
export async function oclifOptions(root: string, env: NodeJS.ProcessEnv): Promise<Interfaces.LoadOptions> {
  const [own, installed] = await Promise.all([ownPlugins(root), installedPackages(dataDirectory(env))]);
  const others = await Promise.all(installed.map(oclifPlugin));
  return { root, plugins: new Map([...own, ...others].map((plugin) => [plugin.name, plugin])) };
}

async function ownPlugins(root: string): Promise<readonly Interfaces.Plugin[]> {
  const program = new Plugin({ isRoot: true, root });
  await program.load();
  const bundled = (program.pjson.oclif.plugins ?? []).map((name) => new Plugin({ name, root, type: 'core' }));
  await Promise.all(bundled.map((plugin) => plugin.load()));
  return [program, ...bundled];
}
