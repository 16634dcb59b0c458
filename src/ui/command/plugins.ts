import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { Interfaces, Config as OclifConfig } from '@oclif/core';
import type { ExtensionLookup } from '../../core/config/extensions.ts';
import { thrownAt, whyAndWhere } from '../../core/config/thrownAt.ts';
import type { Plugin } from '../../core/contract/index.ts';
import { allowed } from '../../core/registry/allowed.ts';
import { createRegistry } from '../../core/registry/registry.ts';
import { divertConsole } from './installed/divertConsole.ts';
import { type Package, packageOf } from './installed/failure.ts';
import { REGISTER } from './installed/oclifPlugin.ts';
import { installedIn, registeredBy } from './installed/registrations.ts';

export interface PluginSources {
  readonly oclif: OclifConfig;
  /** What the configuration lets in besides what is built in; null: all that is installed. */
  readonly list: readonly string[] | null;
  /** What was thrown where nobody waited for it, and what to say of it. */
  readonly tellStray: (message: string, error: unknown) => void;
  /** What a plugin prints with `console`, a line at a time. */
  readonly tellLine: (line: string) => void;
}

/** Asks one package after the other: our own first, then as they were installed. Rejects with `E_PLUGIN` naming the one that failed. */
export async function loadExtensions({
  oclif,
  list,
  tellStray,
  tellLine,
}: PluginSources): Promise<ExtensionLookup> {
  const all = [...oclif.plugins.values()];
  const installed = all.flatMap((plugin) => installedIn(plugin) ?? []);
  const { listed, unlisted } = allowed(
    installed.map((plugin) => ({ ...plugin.installed, plugin })),
    list,
  );
  const builtIn = all.filter((plugin) => installedIn(plugin) === null && REGISTER in plugin.hooks);
  if (listed.length > 0) {
    surviveRejections(
      listed.map((each) => each.plugin),
      tellStray,
    );
    divertConsole(tellLine);
  }
  const packages = new Map<Plugin, Package | null>();
  for (const plugin of [...builtIn, ...listed.map((each) => each.plugin)]) {
    const from = installedIn(plugin) === null ? null : packageOf(plugin);
    for (const each of await registeredBy(plugin)) packages.set(each, from);
  }
  return createRegistry([...packages.keys()], {
    packageOf: (plugin) => packages.get(plugin) ?? null,
    unlisted: unlisted.map(({ name }) => name),
  });
}

/** What nobody awaits in a plugin must not end a deployment in the middle. */
function surviveRejections(
  installed: readonly Interfaces.Plugin[],
  tellStray: PluginSources['tellStray'],
): void {
  process.on('unhandledRejection', (error) => {
    const name = whose(error, installed);
    const where = name === null ? 'probably in a plugin' : `in the plugin ${name}`;
    tellStray(`Something failed where nobody waited for it, ${where}: ${whyAndWhere(error)}`, error);
  });
}

/** The package in whose directory it was thrown. Null: the stack does not tell. */
function whose(error: unknown, installed: readonly Interfaces.Plugin[]): string | null {
  const place = thrownAt(error);
  if (place === null) return null;
  const holds = ({ root }: Interfaces.Plugin) =>
    existsSync(root) && place.startsWith(join(realpathSync(root), '/'));
  return installed.find(holds)?.name ?? null;
}
