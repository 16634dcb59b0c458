import { stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { CutoverError, messageOf } from '../contract/index.ts';

const NAMES = [
  'cutover.yaml',
  'cutover.yml',
  'cutover.config.ts',
  'cutover.config.mts',
  'cutover.config.js',
  'cutover.config.mjs',
  'cutover.config.json',
];

/**
 * The configuration to use, absolute: the one that was named, else the first one upwards from a directory. Rejects
 * with `E_CONFIG` when there is none, or several in one directory.
 */
export async function findConfigFile(startDirectory: string, explicit: string | null): Promise<string> {
  if (explicit !== null) return namedFile(resolve(startDirectory, explicit));
  for (const directory of upwardsFrom(resolve(startDirectory))) {
    const files = await configFilesIn(directory);
    if (files.length > 1) throw several(files);
    if (files[0] === undefined) continue;
    if (directory !== resolve(startDirectory)) await refuseForeign(files[0]);
    return files[0];
  }
  throw new CutoverError('E_CONFIG', `There is no cutover.yaml in ${resolve(startDirectory)} or above.`, {
    hint: 'cutover init',
  });
}

async function namedFile(file: string): Promise<string> {
  try {
    if ((await stat(file)).isFile()) return file;
  } catch (error) {
    throw new CutoverError('E_CONFIG', `The configuration ${file} could not be read: ${messageOf(error)}`, {
      hint: 'cutover init',
      cause: error,
    });
  }
  throw new CutoverError('E_CONFIG', `The configuration ${file} is not a file.`, { hint: '--config FILE' });
}

function upwardsFrom(directory: string): readonly string[] {
  const parent = dirname(directory);
  return parent === directory ? [directory] : [directory, ...upwardsFrom(parent)];
}

async function configFilesIn(directory: string): Promise<readonly string[]> {
  const files = NAMES.map((name) => join(directory, name));
  const present = await Promise.all(files.map(isFile));
  return files.filter((_, index) => present[index]);
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isFile() ?? false;
}

function several(files: readonly string[]): CutoverError {
  return new CutoverError('E_CONFIG', `There are several configurations: ${files.join(' and ')}.`, {
    hint: `Keep one, or name it: --config ${files[0]}`,
  });
}

async function refuseForeign(file: string): Promise<void> {
  const [directory, { uid }] = [await stat(dirname(file)), await stat(file)];
  if (!isPlanted({ directoryMode: directory.mode, fileUid: uid, ownUid: process.getuid?.() ?? uid })) return;
  throw new CutoverError(
    'E_CONFIG',
    `${file} belongs to another user and lies where everybody may write: it is not used unasked.`,
    { hint: `If you trust it: --config ${file}` },
  );
}

/** In a folder where everybody may write, such as /tmp, a stranger may have put a file for us to run. */
export function isPlanted(file: {
  readonly directoryMode: number;
  readonly fileUid: number;
  readonly ownUid: number;
}): boolean {
  const openToAll = (file.directoryMode & 0o002) !== 0;
  return openToAll && ![file.ownUid, 0].includes(file.fileUid);
}
