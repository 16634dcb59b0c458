import type { Command, Interfaces } from '@oclif/core';
import { Plugin } from '@oclif/core/config';
import { errorCode } from '../../../core/contract/index.ts';
import { asTyped } from '../asTyped.ts';
import { dataDirectory } from './dataDirectory.ts';
import { commandNames, keptBeside } from './keptBeside.ts';
import { oclifPlugin } from './oclifPlugin.ts';
import { installedPackages } from './packages.ts';

/**
 * All plugins for oclif: this program, those that it comes with, and what was installed, in that order. Nothing that is wrong with
 * an installed one is told here: commands that need none have to work.
 */
export async function oclifOptions(root: string, env: NodeJS.ProcessEnv): Promise<Interfaces.LoadOptions> {
  const [own, installed] = await Promise.all([
    ownPlugins(root, dataDirectory(env)),
    installedPackages(dataDirectory(env)),
  ]);
  // A checkout of this program can be linked, too: that does not take its place.
  const others = await Promise.all(
    installed.filter(({ name }) => own.every((plugin) => plugin.name !== name)).map(oclifPlugin),
  );
  const ours = commandNames(own);
  return {
    root,
    plugins: new Map(
      [...own, ...others.map((each) => keptBeside(each, ours))].map((plugin) => [plugin.name, plugin]),
    ),
  };
}

async function ownPlugins(root: string, data: string): Promise<readonly Interfaces.Plugin[]> {
  const program = new Plugin({ isRoot: true, root });
  await program.load();
  const bundled = (program.pjson.oclif.plugins ?? []).map((name) => new Plugin({ name, root, type: 'core' }));
  await Promise.all(bundled.map((plugin) => plugin.load()));
  for (const plugin of bundled) plugin.commands = plugin.commands.map((each) => throwingNoBugs(each, data));
  return [program, ...bundled];
}

/** In whose place there is none of ours. */
const CHANGING: ReadonlySet<string> = new Set(['plugins:update', 'plugins:reset']);

/** What a command of oclif throws is about what was asked of it, such as a package that npm cannot get. */
function throwingNoBugs(command: Command.Loadable, data: string): Command.Loadable {
  return {
    ...command,
    async load() {
      const found = await command.load();
      const run = found.run.bind(found);
      const inTurn = async (...args: Parameters<typeof run>) => {
        if (!CHANGING.has(command.id)) return run(...args);
        const { oneAtATime } = await import('./oneAtATime.ts');
        return oneAtATime(data, () => run(...args));
      };
      const told = (...args: Parameters<typeof run>) =>
        inTurn(...args).catch(async (error: unknown) => {
          if (error instanceof Error && ('oclif' in error || errorCode(error) !== null)) throw error;
          const { asPluginError } = await import('../npmPlugins.ts');
          throw asPluginError(asTyped(command.id), error);
        });
      return Object.assign(found, { run: told as typeof run });
    },
  };
}
