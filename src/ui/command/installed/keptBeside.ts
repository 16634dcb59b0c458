import type { Interfaces } from '@oclif/core';
import type { InstalledPlugin } from './oclifPlugin.ts';

/** What commands of these are called, by any of their names. */
export function commandNames(plugins: readonly Interfaces.Plugin[]): ReadonlySet<string> {
  return new Set(plugins.flatMap(({ commands }) => commands.flatMap((each) => [each.id, ...each.aliases])));
}

/**
 * The plugin with those of its commands that stand beside ours. A command `deploy:production` would be what `deploy production`
 * means: none of an installed plugin stands below one of ours.
 */
export function keptBeside(plugin: InstalledPlugin, ours: ReadonlySet<string>): InstalledPlugin {
  const isBeside = (id: unknown) => {
    const words = String(id).split(':');
    return words.every((_, index) => !ours.has(words.slice(0, index + 1).join(':')));
  };
  const list = (ids: unknown): readonly unknown[] => (Array.isArray(ids) ? ids : []);
  const beside = (ids: unknown) => list(ids).filter(isBeside) as string[];
  const commands = plugin.commands
    .filter(({ id }) => isBeside(id))
    .map((command) => ({
      ...command,
      aliases: beside(command.aliases),
      hiddenAliases: beside(command.hiddenAliases),
    }));
  const named = plugin.commands.flatMap((each) => [
    each.id,
    ...list(each.aliases),
    ...list(each.hiddenAliases),
  ]);
  const refused = named.filter((id) => !isBeside(id)).map(String);
  return { ...plugin, commands, commandIDs: commands.map(({ id }) => id), refusedCommands: refused };
}
