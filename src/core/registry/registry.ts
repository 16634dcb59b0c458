import { RESERVED_NAMES } from '../config/besideKeys.ts';
import { closest } from '../config/closest.ts';
import type { ExtensionLookup } from '../config/extensions.ts';
import { CutoverError, type Extension, messageOf, type Plugin } from '../contract/index.ts';

type Kind = 'transports' | 'hooks' | 'notifiers';

const KIND_IN_WORDS: Readonly<Record<Kind, string>> = {
  transports: 'transport',
  hooks: 'hook',
  notifiers: 'notifier',
};

/**
 * All that the plugins bring, the built-in ones like any other, found by name and loaded when asked for.
 * Throws `E_PLUGIN`, naming the plugin, for another version of the contract or a name that exists already.
 */
export function createRegistry(plugins: readonly Plugin[]): ExtensionLookup {
  for (const plugin of plugins) requireContract(plugin);
  const tables = {
    transports: table(plugins, 'transports'),
    hooks: table(plugins, 'hooks'),
    notifiers: table(plugins, 'notifiers'),
  };
  return {
    transport: (name) => load(tables.transports, 'transports', name),
    hook: (name) => load(tables.hooks, 'hooks', name),
    notifier: (name) => load(tables.notifiers, 'notifiers', name),
  };
}

interface Offer<T> {
  readonly plugin: string;
  readonly load: () => Promise<Extension<T>>;
}

type Offered<K extends Kind> =
  NonNullable<Plugin[K]> extends Readonly<Record<string, () => Promise<Extension<infer T>>>> ? T : never;

function requireContract(plugin: Plugin): void {
  if (typeof plugin !== 'object' || plugin === null)
    throw new CutoverError('E_PLUGIN', `What was registered as a plugin is none: ${String(plugin)}.`);
  const { api, name } = plugin as { readonly api: unknown; readonly name: unknown };
  if (api === 1) return;
  throw new CutoverError(
    'E_PLUGIN',
    `The plugin ${String(name)} is made for version ${String(api)} of the contract; this cutover has version 1.`,
    {
      hint: `cutover plugins uninstall ${String(name)}`,
    },
  );
}

function table<K extends Kind>(plugins: readonly Plugin[], kind: K): ReadonlyMap<string, Offer<Offered<K>>> {
  const offers = new Map<string, Offer<Offered<K>>>();
  for (const plugin of plugins) {
    for (const [name, loader] of Object.entries(plugin[kind] ?? {})) {
      requireFree(name, kind, plugin);
      const other = offers.get(name);
      if (other !== undefined) {
        throw new CutoverError(
          'E_PLUGIN',
          `Two plugins bring a ${KIND_IN_WORDS[kind]} called ${name}: ${other.plugin} and ${plugin.name}.`,
          {
            hint: `cutover plugins uninstall ${plugin.name}`,
          },
        );
      }
      offers.set(name, { plugin: plugin.name, load: loader as Offer<Offered<K>>['load'] });
    }
  }
  return offers;
}

function requireFree(name: string, kind: Kind, plugin: Plugin): void {
  if (!RESERVED_NAMES.has(name)) return;
  throw new CutoverError(
    'E_PLUGIN',
    `The plugin ${plugin.name} calls a ${KIND_IN_WORDS[kind]} "${name}", which is a key of the configuration itself.`,
    { hint: `cutover plugins uninstall ${plugin.name}` },
  );
}

async function load<T>(
  offers: ReadonlyMap<string, Offer<T>>,
  kind: Kind,
  name: string,
): Promise<Extension<T>> {
  const offer = offers.get(name);
  if (offer === undefined) {
    const names = [...offers.keys()].sort();
    const near = closest(name, names);
    throw new CutoverError(
      'E_PLUGIN',
      `No installed plugin brings a ${KIND_IN_WORDS[kind]} called "${name}".`,
      {
        hint: near ? `Did you mean "${near}"?` : `There are: ${names.join(', ') || 'none'}.`,
      },
    );
  }
  try {
    return await offer.load();
  } catch (error) {
    throw new CutoverError(
      'E_PLUGIN',
      `The ${KIND_IN_WORDS[kind]} ${name} of the plugin ${offer.plugin} could not be loaded: ${messageOf(error)}`,
      {
        cause: error,
      },
    );
  }
}
