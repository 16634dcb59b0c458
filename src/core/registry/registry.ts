import { closest } from '../config/closest.ts';
import { isObject } from '../config/document.ts';
import type { ExtensionLookup, FoundExtension } from '../config/extensions.ts';
import { whyAndWhere } from '../config/thrownAt.ts';
import { CutoverError, type Extension, errorCode, type Plugin } from '../contract/index.ts';
import { faultOfCreated } from './created.ts';
import { locateSyntaxErrors } from './locateSyntaxErrors.ts';
import { faultOf, KIND_IN_WORDS, type Kind } from './offers.ts';
import { within } from './within.ts';

export interface RegistryOptions {
  /** The installed package that each plugin came in; those that are built in came in none. */
  readonly packageOf?: (plugin: Plugin) => PackageOfPlugin | null;
  /** Packages that are installed, and that the configuration does not list. */
  readonly unlisted?: readonly string[];
  /** How long an extension may take to load. Default: ten seconds. */
  readonly deadlineMs?: number;
}

export interface PackageOfPlugin {
  readonly name: string;
  /** What to do where it is broken; null: nothing, it is a part of the program. */
  readonly wayOut: string | null;
}

/**
 * All that the plugins bring, the built-in ones like any other, found by name and loaded when asked for. Throws `E_PLUGIN`,
 * naming the plugin, for another version of the contract or a name that an earlier one has already.
 */
export function createRegistry(plugins: readonly Plugin[], options: RegistryOptions = {}): ExtensionLookup {
  const originOf = (plugin: Plugin) => origin(plugin, options);
  for (const plugin of plugins) requireContract(plugin, originOf);
  const lookup = <K extends Kind>(kind: K) => {
    const offers = table(plugins, kind, originOf);
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
  readonly from: PackageOfPlugin;
  readonly load: () => Promise<Extension<T>>;
}

type Offered<K extends Kind> =
  NonNullable<Plugin[K]> extends Readonly<Record<string, () => Promise<Extension<infer T>>>> ? T : never;

type OriginOf = (plugin: Plugin) => PackageOfPlugin;

/** Who brings it: an installed package, or the program itself. */
function origin(plugin: Plugin, { packageOf }: RegistryOptions): PackageOfPlugin {
  const { name } = plugin;
  if (packageOf === undefined) return { name, wayOut: `cutover plugins uninstall ${name}` };
  return packageOf(plugin) ?? { name, wayOut: null };
}

function requireContract(plugin: Plugin, originOf: OriginOf): void {
  const fault = faultOf(plugin);
  if (fault === null) return;
  if (!isObject(plugin)) throw new CutoverError('E_PLUGIN', `A plugin ${fault}`);
  throw new CutoverError('E_PLUGIN', `The plugin ${String(plugin.name)} ${fault}`, {
    ...hintOf(originOf(plugin)),
  });
}

function table<K extends Kind>(
  plugins: readonly Plugin[],
  kind: K,
  originOf: OriginOf,
): ReadonlyMap<string, Offer<Offered<K>>> {
  const offers = new Map<string, Offer<Offered<K>>>();
  for (const plugin of plugins) {
    for (const [name, loader] of Object.entries(plugin[kind] ?? {})) {
      const other = offers.get(name);
      const from = originOf(plugin);
      if (other !== undefined) throw taken(`${KIND_IN_WORDS[kind]} called ${name}`, other.from, from);
      offers.set(name, { from, load: loader as Offer<Offered<K>>['load'] });
    }
  }
  return offers;
}

/** The later one is to blame, but either may go. */
function taken(what: string, earlier: PackageOfPlugin, later: PackageOfPlugin): CutoverError {
  const isBuiltIn = earlier.wayOut === null;
  const both = `${isBuiltIn ? 'cutover itself' : earlier.name}, and ${later.name}`;
  const message = `Two plugins bring a ${what}: ${both}${isBuiltIn ? '' : ', which came later'}.`;
  const hints = [later.wayOut, isBuiltIn ? null : `Or without the other one: ${earlier.wayOut}`];
  return new CutoverError('E_PLUGIN', message, { hint: hints.filter((hint) => hint !== null).join('\n') });
}

function hintOf({ wayOut }: PackageOfPlugin): { readonly hint?: string } {
  return wayOut === null ? {} : { hint: wayOut };
}

async function load<T>(
  offers: ReadonlyMap<string, Offer<T>>,
  kind: Kind,
  name: string,
  options: RegistryOptions,
): Promise<FoundExtension<T>> {
  const offer = offers.get(name);
  if (offer === undefined) throw missing([...offers.keys()].sort(), kind, name, options.unlisted ?? []);
  const failed = (reason: string, cause?: unknown) =>
    new CutoverError(
      'E_PLUGIN',
      `The ${KIND_IN_WORDS[kind]} ${name} of the plugin ${offer.from.name} could not be loaded: ${reason}`,
      { ...hintOf(offer.from), cause },
    );
  const isBuiltIn = offer.from.wayOut === null;
  const loading = isBuiltIn ? offer.load : () => locateSyntaxErrors(offer.load);
  const extension: unknown = await within(loading, options.deadlineMs ?? 10_000).catch((error: unknown) => {
    throw failed(whyAndWhere(error), error);
  });
  const lacking = ['parse', 'create'].filter(
    (part) => !isObject(extension) || typeof extension[part] !== 'function',
  );
  if (lacking.length > 0) throw failed(`it has no ${lacking.join(' and no ')}.`);
  const unusable = (why: string, cause?: unknown) =>
    new CutoverError(
      'E_PLUGIN',
      `The ${KIND_IN_WORDS[kind]} ${name} of the plugin ${offer.from.name} cannot be used: its create ${why}`,
      { ...hintOf(offer.from), cause },
    );
  const from = isBuiltIn ? null : offer.from.name;
  return { ...creating(extension as unknown as Extension<T>, kind, unusable), from };
}

/** The same extension; what it creates is looked at before anybody works with it, and what that throws is told as its own. */
function creating<T>(
  extension: Extension<T>,
  kind: Kind,
  unusable: (why: string, cause?: unknown) => CutoverError,
): Extension<T> {
  return {
    parse: (raw) => extension.parse(raw),
    create(options, scope) {
      const created = madeBy(() => extension.create(options, scope), unusable);
      const fault = faultOfCreated(kind, created);
      if (fault !== null) throw unusable(`gives ${fault}`);
      return created;
    },
  };
}

function madeBy<T>(create: () => T, unusable: (why: string, cause: unknown) => CutoverError): T {
  try {
    return create();
  } catch (error) {
    throw errorCode(error) === null ? unusable(`failed: ${whyAndWhere(error)}`, error) : error;
  }
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
  const there = whatThereIs(kind, names);
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

/** Named by its kind: the hints of several that are missing stand together. */
function whatThereIs(kind: Kind, names: readonly string[]): string {
  const beside = kind === 'sources' ? ' besides git and directory' : '';
  return names.length === 0
    ? `There are no ${kind}${beside}.`
    : `There are the ${kind} ${names.join(', ')}${beside}.`;
}
