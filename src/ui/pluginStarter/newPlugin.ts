import { readFileSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import type { ExtensionLookup } from '../../core/config/extensions.ts';
import { CutoverError } from '../../core/contract/index.ts';
import { KIND_IN_WORDS, type Kind } from '../../core/registry/offers.ts';
import { exampleCommand } from './example.ts';
import { starterFiles } from './files.ts';
import { type PluginStarter, pluginStarter } from './request.ts';
import { writeFiles } from './write.ts';

export interface NewPlugin {
  /** As it was asked for. */
  readonly name: string;
  readonly kinds: readonly string[];
  /** Where to write; null: a directory below this one, called like the package. */
  readonly directory: string | null;
}

export interface WrittenPlugin {
  readonly name: string;
  /** Absolute. */
  readonly directory: string;
  readonly files: readonly string[];
}

/** Of this program: where its package is, its version, and what it brings itself. */
export interface Program {
  readonly root: string;
  readonly version: string;
  readonly builtIn: ExtensionLookup;
}

/** Writes a package that works at once. Throws `E_USAGE` where it cannot, or something is there already. */
export async function newPlugin(
  { root, version, builtIn }: Program,
  { name, kinds, directory }: NewPlugin,
): Promise<WrittenPlugin> {
  const starter = pluginStarter(name, kinds);
  for (const kind of starter.kinds) await requireNew(starter, kind, builtIn);
  const place = resolve(directory ?? basename(starter.packageName));
  const template = (file: string) => readFileSync(join(root, 'templates', 'plugin', file), 'utf8');
  const files = starterFiles(starter, version, template);
  await writeFiles(place, files);
  return { name: starter.packageName, directory: place, files: Object.keys(files) };
}

/** What to type next, as people read it. */
export function writtenLines({ name, directory, files }: WrittenPlugin): readonly string[] {
  const shown = relative(process.cwd(), directory) || '.';
  return [
    `✓ Wrote ${name} to ${shown}.`,
    `  Next: cutover plugins link ${shown}, then "${exampleCommand(files.includes('notifier.js'))}" in ${join(shown, 'example')}`,
  ];
}

const LOOKUP: Readonly<Record<Kind, keyof ExtensionLookup>> = {
  transports: 'transport',
  notifiers: 'notifier',
  hooks: 'hook',
  sources: 'source',
};

async function requireNew({ name }: PluginStarter, kind: Kind, builtIn: ExtensionLookup): Promise<void> {
  const isThere = await builtIn[LOOKUP[kind]](name).then(
    () => true,
    () => false,
  );
  if (!isThere) return;
  throw new CutoverError('E_USAGE', `A ${KIND_IN_WORDS[kind]} called ${name} comes with cutover.`, {
    hint: 'Choose another name.',
  });
}
