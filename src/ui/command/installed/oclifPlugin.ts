import { glob } from 'node:fs/promises';
import { join, parse, sep } from 'node:path';
import type { Command, Interfaces } from '@oclif/core';
import { isObject } from '../../../core/config/document.ts';
import { errorCode } from '../../../core/contract/index.ts';
import { asTyped } from '../asTyped.ts';
import { type Package, packageFailure, packageOf } from './failure.ts';
import { importFrom } from './importFrom.ts';
import { type InstalledPackage, readJson } from './packages.ts';
import { shareContract } from './shareContract.ts';

/** The event by which every package, ours included, registers its plugins. */
export const REGISTER = 'cutover:register';

/** As oclif knows it, and what we know of it. */
export type InstalledPlugin = Interfaces.Plugin & {
  readonly installed: InstalledPackage;
  /** Which it does not get, with colons between their words: they are ours, or would stand below one of ours. */
  readonly refusedCommands: readonly string[];
};

/**
 * An installed package for oclif, which would import the commands of one that has no manifest at every start, and run any
 * of its hooks. Here nothing of a package runs before it is asked for, and of oclif's hooks only `cutover:register` counts.
 */
export async function oclifPlugin(installed: InstalledPackage): Promise<InstalledPlugin> {
  const { name, root, type, manifest, problem } = installed;
  const oclif = isObject(manifest.oclif) ? manifest.oclif : {};
  const commands = problem === null ? await commandsOf(installed, oclif) : [];
  const findCommand = (id: string) => commands.find((command) => command.id === id)?.load();
  return {
    installed,
    refusedCommands: [],
    _base: 'cutover',
    alias: name,
    name,
    version: installed.version ?? 'unknown',
    root,
    type,
    isRoot: false,
    valid: problem === null && isObject(manifest.oclif),
    hasManifest: true,
    moduleType: manifest.type === 'module' ? 'module' : 'commonjs',
    pjson: { ...manifest, name, version: installed.version ?? 'unknown', oclif } as Interfaces.PJSON,
    options: { root, name, type },
    hooks: registerHooksOf(oclif),
    topics: topicsOf(oclif),
    commands,
    commandIDs: commands.map(({ id }) => id),
    commandsDir: undefined,
    findCommand: findCommand as InstalledPlugin['findCommand'],
    load: async () => {},
  };
}

type Oclif = Readonly<Record<string, unknown>>;

function registerHooksOf(oclif: Oclif): InstalledPlugin['hooks'] {
  const hook = isObject(oclif.hooks) ? oclif.hooks[REGISTER] : undefined;
  const hooks = (Array.isArray(hook) ? hook : [hook]).flatMap((one: unknown) => {
    if (typeof one === 'string') return [{ target: one, identifier: 'default' }];
    if (!isObject(one) || typeof one.target !== 'string') return [];
    return [
      { target: one.target, identifier: typeof one.identifier === 'string' ? one.identifier : 'default' },
    ];
  });
  return hooks.length === 0 ? {} : { [REGISTER]: hooks };
}

function topicsOf(oclif: Oclif): Interfaces.Topic[] {
  const topics = isObject(oclif.topics) ? Object.entries(oclif.topics) : [];
  return topics.flatMap(([name, topic]) => {
    if (!isObject(topic)) return [];
    return [{ name, ...(typeof topic.description === 'string' ? { description: topic.description } : {}) }];
  });
}

async function commandsOf(installed: InstalledPackage, oclif: Oclif): Promise<Command.Loadable[]> {
  const described = await fromManifest(installed).catch(() => null);
  const found = described ?? (await fromFiles(installed, oclif).catch(() => []));
  return found
    .map((command) => ({
      ...command,
      pluginName: installed.name,
      pluginAlias: installed.name,
      pluginType: installed.type,
      load: () => loadCommand(installed, command),
    }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** What `oclif manifest` wrote down. */
async function fromManifest({ root }: InstalledPackage): Promise<readonly Command.Cached[]> {
  const { commands } = await readJson(join(root, 'oclif.manifest.json'));
  if (!isObject(commands)) return [];
  return Object.entries(commands).flatMap(([id, command]) =>
    isObject(command) ? [{ ...bare(id), ...command, id }] : [],
  );
}

/**
 * Without a manifest the names of the files say which commands there are, and nothing else is known of them. So each may take
 * arguments: else oclif would read the first one as a word of the command's name.
 */
async function fromFiles(
  { root }: InstalledPackage,
  { commands }: Oclif,
): Promise<readonly Command.Cached[]> {
  const directory = isObject(commands) && commands.strategy === 'pattern' ? commands.target : commands;
  if (typeof directory !== 'string') return [];
  const found: Command.Cached[] = [];
  for await (const file of glob('**/*.{js,mjs,cjs}', { cwd: join(root, directory) })) {
    const { dir, name } = parse(file);
    const id = [...dir.split(sep), name === 'index' ? '' : name].filter(Boolean).join(':');
    if (id !== '')
      found.push({
        ...bare(id),
        strict: false,
        relativePath: [...directory.split(/[\\/]/), ...file.split(sep)],
      });
  }
  return found;
}

function bare(id: string): Command.Cached {
  return { id, aliases: [], hiddenAliases: [], args: {}, flags: {}, hidden: false, strict: true };
}

async function loadCommand(installed: InstalledPackage, command: Command.Cached): Promise<Command.Class> {
  const path = join(installed.root, ...(command.relativePath ?? []));
  const what = `has a command "${asTyped(command.id)}" that cannot be loaded`;
  shareContract();
  const module = await importFrom(packageOf(installed), path, what);
  const found = [module.default, ...Object.values(module)].find(isCommand);
  if (found === undefined) throw packageFailure(packageOf(installed), `${what}: it is none.`);
  found.id = command.id;
  const run = found.run.bind(found);
  return Object.assign(found, { run: named(packageOf(installed), command.id, run) });
}

/** What its command throws is told as that of the package, unless it is an error that says more. */
function named<Args extends readonly unknown[], T>(
  from: Package,
  id: string,
  run: (...args: Args) => Promise<T>,
): (...args: Args) => Promise<T> {
  return async (...args) => {
    try {
      return await run(...args);
    } catch (error) {
      const isTold = errorCode(error) !== null || (error instanceof Error && 'oclif' in error);
      throw isTold ? error : packageFailure(from, `failed in "${asTyped(id)}"`, error);
    }
  };
}

function isCommand(thing: unknown): thing is Command.Class {
  return typeof thing === 'function' && 'run' in thing && typeof thing.run === 'function';
}
