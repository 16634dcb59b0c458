import type { Config, Interfaces } from '@oclif/core';
import { messageOf, type Plugin } from '../../../core/contract/index.ts';
import { type Kind, namesOf } from '../../../core/registry/offers.ts';
import { createRegistry } from '../../../core/registry/registry.ts';
import type { PackageView } from '../../results/plugins.ts';
import { asTyped } from '../asTyped.ts';
import { divertConsole } from './divertConsole.ts';
import { type Package, packageOf } from './failure.ts';
import { REGISTER } from './oclifPlugin.ts';
import { installedIn, registeredBy } from './registrations.ts';

/** Each package with what it brings, found by asking it. What is wrong with one stands there and is no error. */
export async function inventory(oclif: Config, isCore: boolean): Promise<readonly PackageView[]> {
  const all = [...oclif.plugins.values()];
  const builtIn = all.filter((plugin) => installedIn(plugin) === null);
  const installed = all.filter((plugin) => installedIn(plugin) !== null);
  if (installed.length > 0) divertConsole((line) => process.stderr.write(`${line}\n`));
  const accepted = new Map<Plugin, Package | null>();
  const views: PackageView[] = [];
  for (const plugin of [...builtIn, ...installed]) {
    const { brought, problem } = await ask(plugin, accepted);
    const from = installedIn(plugin) === null ? null : packageOf(plugin);
    for (const each of brought) accepted.set(each, from);
    views.push(viewOf(plugin, brought, problem));
  }
  const wanted = views.filter(({ type }) => (type === 'core') === isCore);
  return wanted.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** A name that an earlier one has is the fault of the later one, as when a configuration is loaded. */
async function ask(plugin: Interfaces.Plugin, accepted: ReadonlyMap<Plugin, Package | null>) {
  const stray: unknown[] = [];
  const onStray = (error: unknown) => void stray.push(error);
  process.on('unhandledRejection', onStray);
  try {
    const brought = await registeredBy(plugin);
    const packageOfPlugin = (each: Plugin) =>
      brought.includes(each) ? packageOf(plugin) : accepted.get(each);
    createRegistry([...accepted.keys(), ...brought], { packageOf: (each) => packageOfPlugin(each) ?? null });
    // What nobody waits for is told of once nothing else is to be done.
    await new Promise((resolve) => setImmediate(resolve));
    const problem =
      stray.length === 0 ? null : `Something failed in it where nobody waited for it: ${messageOf(stray[0])}`;
    return { brought, problem };
  } catch (error) {
    return { brought: [], problem: messageOf(error) };
  } finally {
    process.off('unhandledRejection', onStray);
  }
}

function viewOf(plugin: Interfaces.Plugin, brought: readonly Plugin[], problem: string | null): PackageView {
  const names = brought.map(namesOf);
  const of = (kind: Kind) => names.flatMap((each) => each[kind]).sort();
  const installed = installedIn(plugin)?.installed;
  const isSilent = problem === null && installed !== undefined && !(REGISTER in plugin.hooks);
  return {
    name: plugin.name,
    version: installed === undefined ? plugin.version : installed.version,
    type: installed?.type ?? 'core',
    root: plugin.root,
    extensions: {
      transports: of('transports'),
      notifiers: of('notifiers'),
      hooks: of('hooks'),
      sources: of('sources'),
    },
    commands: plugin.commandIDs.map(asTyped),
    refusedCommands: (installedIn(plugin)?.refusedCommands ?? []).map(asTyped),
    problem: isSilent ? `It registers nothing: its package.json has no oclif.hooks["${REGISTER}"].` : problem,
  };
}
