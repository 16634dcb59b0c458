import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { isObject } from '../../../core/config/document.ts';
import { CutoverError, errorCode, messageOf } from '../../../core/contract/index.ts';
import { readJson } from './packages.ts';

/**
 * Has a plugin be used from its directory, and gives the name of its package. Nothing of it runs, as it would in oclif's own
 * command. Rejects with `E_USAGE` for a directory that holds no plugin, or a package that the program consists of.
 */
export async function linkPackage(
  directory: string,
  dataDirectory: string,
  isOwn: (name: string) => boolean,
): Promise<string> {
  const root = resolve(directory);
  const name = await nameOf(root);
  if (isOwn(name))
    throw new CutoverError('E_USAGE', `${root} holds ${name}, which is a part of this program.`, {
      hint: 'cutover plugins --core',
    });
  const file = join(dataDirectory, 'package.json');
  const kept = await readJson(file).catch((error: unknown): Readonly<Record<string, unknown>> => {
    if (isObject(error) && error.code === 'ENOENT') return { private: true };
    throw new CutoverError('E_PLUGIN', `${file} cannot be read: ${messageOf(error)}`, { cause: error });
  });
  const oclif = isObject(kept.oclif) ? kept.oclif : { schema: 1 };
  const listed: readonly unknown[] = Array.isArray(oclif.plugins) ? oclif.plugins : [];
  const others = listed.filter((each) => !isObject(each) || each.name !== name);
  const plugins = [...others, { name, root, type: 'link' }];
  await mkdir(dataDirectory, { recursive: true });
  const next = `${file}.${process.pid}`;
  await writeFile(next, `${JSON.stringify({ ...kept, oclif: { ...oclif, plugins } }, null, 2)}\n`);
  await rename(next, file);
  return name;
}

async function nameOf(root: string): Promise<string> {
  try {
    const { name, oclif } = await readJson(join(root, 'package.json'));
    if (typeof name === 'string' && isObject(oclif)) return name;
    throw new CutoverError('E_USAGE', `${root} holds no plugin: its package.json lacks a name, or "oclif".`, {
      hint: 'cutover plugin new NAME',
    });
  } catch (error) {
    if (errorCode(error) === 'E_USAGE') throw error;
    throw new CutoverError('E_USAGE', `${root} holds no plugin: ${messageOf(error)}`, { cause: error });
  }
}
