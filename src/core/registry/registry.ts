import { closest } from '../config/closest.ts';
import { isObject } from '../config/document.ts';
import type { ExtensionLookup } from '../config/extensions.ts';
import { CutoverError, type Extension, messageOf, type Plugin } from '../contract/index.ts';
import { faultOf, KIND_IN_WORDS, type Kind } from './offers.ts';
import { within } from './within.ts';

export interface RegistryOptions {
  /** The installed package that each plugin came in; those that are built in came in none. */
  readonly packageOf?: (plugin: Plugin) => string | null;
  /** Packages that are installed, and that the configuration does not list. */
  readonly unlisted?: readonly string[];
  /** How long an extension may take to load. Default: ten seconds. */
  readonly deadlineMs?: number;
}

/**
 * All that the plugins bring, the built-in ones like any other, found by name and loaded when asked for. Throws `E_PLUGIN`,
 * naming the plugin, for another version of the contract or a name that an earlier one has already.
 */
export function createRegistry(plugins: readonly Plugin[], options: RegistryOptions = {}): ExtensionLookup {
  const removing = (plugin: Plugin) => removal(options.packageOf?.(plugin) ?? plugin.name);
  for (const plugin of plugins) requireContract(plugin, removing);
  const lookup = <K extends Kind>(kind: K) => {
    const offers = table(plugins, kind, removing);
    return (name: string) => load(offers, kind, name, options);
  };
  return {
    transport: lookup('transports'),
    hook: lookup('hooks'),
    notifier: lookup('notifiers'),
    source: lookup('sources'),
  };
}

interface Offer<T> {
  readonly plugin: string;
  readonly hint: string;
  readonly load: () => Promise<Extension<T>>;
}

type Offered<K extends Kind> =
  NonNullable<Plugin[K]> extends Readonly<Record<string, () => Promise<Extension<infer T>>>> ? T : never;

function removal(packageName: string): string {
  return `cutover plugins uninstall ${packageName}`;
}

function requireContract(plugin: Plugin, removing: (plugin: Plugin) => string): void {
  const fault = faultOf(plugin);
  if (fault === null) return;
  if (!isObject(plugin)) throw new CutoverError('E_PLUGIN', `A plugin ${fault}`);
  throw new CutoverError('E_PLUGIN', `The plugin ${String(plugin.name)} ${fault}`, {
    hint: removing(plugin),
  });
}

function table<K extends Kind>(
  plugins: readonly Plugin[],
  kind: K,
  removing: (plugin: Plugin) => string,
): ReadonlyMap<string, Offer<Offered<K>>> {
  const offers = new Map<string, Offer<Offered<K>>>();
  for (const plugin of plugins) {
    for (const [name, loader] of Object.entries(plugin[kind] ?? {})) {
      const other = offers.get(name);
      const hint = removing(plugin);
      if (other !== undefined) {
        throw new CutoverError(
          'E_PLUGIN',
          `Two plugins bring a ${KIND_IN_WORDS[kind]} called ${name}: ${other.plugin} and ${plugin.name}.`,
          { hint },
        );
      }
      offers.set(name, { plugin: plugin.name, hint, load: loader as Offer<Offered<K>>['load'] });
    }
  }
  return offers;
}

async function load<T>(
  offers: ReadonlyMap<string, Offer<T>>,
  kind: Kind,
  name: string,
  options: RegistryOptions,
): Promise<Extension<T>> {
  const offer = offers.get(name);
  if (offer === undefined) throw missing([...offers.keys()].sort(), kind, name, options.unlisted ?? []);
  const failed = (reason: string, cause?: unknown) =>
    new CutoverError(
      'E_PLUGIN',
      `The ${KIND_IN_WORDS[kind]} ${name} of the plugin ${offer.plugin} could not be loaded: ${reason}`,
      { hint: offer.hint, cause },
    );
  const extension: unknown = await within(offer.load, options.deadlineMs ?? 10_000).catch(
    (error: unknown) => {
      throw failed(messageOf(error), error);
    },
  );
  const lacking = ['parse', 'create'].filter(
    (part) => !isObject(extension) || typeof extension[part] !== 'function',
  );
  if (lacking.length > 0) throw failed(`it has no ${lacking.join(' and no ')}.`);
  return extension as unknown as Extension<T>;
}

function missing(
  names: readonly string[],
  kind: Kind,
  name: string,
  unlisted: readonly string[],
): CutoverError {
  const one = KIND_IN_WORDS[kind];
  const near = closest(name, names);
  const meant = near ? `Did you mean "${near}"?` : null;
  const there = `There are: ${names.join(', ') || 'none'}.`;
  if (unlisted.length > 0) {
    return new CutoverError(
      'E_PLUGIN',
      `No plugin that "plugins" lists brings a ${one} called "${name}". Installed, but not listed: ${unlisted.join(', ')}.`,
      { hint: meant ?? `${there} List the plugin that brings it.` },
    );
  }
  return new CutoverError('E_PLUGIN', `No installed plugin brings a ${one} called "${name}".`, {
    hint: meant ?? `${there} If a package brings it: cutover plugins install PACKAGE`,
  });
}
