import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { CutoverError, messageOf } from '../contract/index.ts';
import type { ConfigDocument } from './document.ts';

/** Reads a configuration by the ending of its name. Rejects with `E_CONFIG` when that is not possible. */
export async function readDocument(file: string, shown: string, text?: string): Promise<ConfigDocument> {
  const ending = extname(file).toLowerCase();
  if (['.yaml', '.yml', '.json'].includes(ending)) {
    const { yamlDocument } = await import('./yamlDocument.ts');
    return yamlDocument(text ?? (await readText(file, shown)));
  }
  if (['.ts', '.mts', '.js', '.mjs'].includes(ending)) {
    const { moduleDocument } = await import('./moduleDocument.ts');
    return moduleDocument(file, shown);
  }
  throw new CutoverError(
    'E_CONFIG',
    `${shown} is no configuration: its name ends in neither of the known ways.`,
    {
      hint: 'Known are .yaml, .yml, .json, .ts, .mts, .js and .mjs.',
    },
  );
}

async function readText(file: string, shown: string): Promise<string> {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file));
  } catch (error) {
    const reason = error instanceof TypeError ? 'it is not UTF-8 text' : messageOf(error);
    throw new CutoverError('E_CONFIG', `${shown} could not be read: ${reason}`, { cause: error });
  }
}
