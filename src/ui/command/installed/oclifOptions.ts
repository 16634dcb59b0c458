import type { Command, Interfaces } from '@oclif/core';
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
  // A checkout of this program can be linked, too: that does not take its place.
  const others = await Promise.all(
    installed.filter(({ name }) => own.every((plugin) => plugin.name !== name)).map(oclifPlugin),
  );
  return { root, plugins: new Map([...own, ...others].map((plugin) => [plugin.name, plugin])) };
}

async function ownPlugins(root: string): Promise<readonly Interfaces.Plugin[]> {
  const program = new Plugin({ isRoot: true, root });
  await program.load();
  const bundled = (program.pjson.oclif.plugins ?? []).map((name) => new Plugin({ name, root, type: 'core' }));
  await Promise.all(bundled.map((plugin) => plugin.load()));
  for (const plugin of bundled) plugin.commands = plugin.commands.map(throwingNoBugs);
  return [program, ...bundled];
}

/** What a command of oclif throws is about what was asked of it, such as a package that npm cannot get. */
function throwingNoBugs(command: Command.Loadable): Command.Loadable {
  return {
    ...command,
    async load() {
      const found = await command.load();
      const run = found.run.bind(found);
      const told = (...args: Parameters<typeof run>) =>
        run(...args).catch(async (error: unknown) => {
          if (error instanceof Error && 'oclif' in error) throw error;
          const { asPluginError } = await import('../npmPlugins.ts');
          throw asPluginError(command.id.replaceAll(':', ' '), error, 'cutover plugins');
        });
      return Object.assign(found, { run: told as typeof run });
    },
  };
}
