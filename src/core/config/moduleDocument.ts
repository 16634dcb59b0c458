import { pathToFileURL } from 'node:url';
import { CutoverError, errorCode, messageOf } from '../contract/index.ts';
import { type ConfigDocument, isObject } from './document.ts';
import { plainData } from './plainData.ts';

/**
 * Imports a configuration that is a module: its default export is an object, or a function (also an async one) that
 * returns it. Node.js strips the types of TypeScript itself. Rejects with `E_CONFIG`.
 */
export async function moduleDocument(file: string, shown: string): Promise<ConfigDocument> {
  const exported = await importDefault(file, shown);
  const value: unknown = isFunction(exported) ? await call(exported, shown) : exported;
  return { ...plainData(value), locate: () => null };
}

async function importDefault(file: string, shown: string): Promise<unknown> {
  const loaded: unknown = await import(pathToFileURL(file).href).catch((error: unknown) => {
    throw new CutoverError('E_CONFIG', `${shown} could not be loaded: ${messageOf(error)}`, {
      hint: hintFor(error),
      cause: error,
    });
  });
  if (isObject(loaded) && loaded.default !== undefined) return loaded.default;
  throw new CutoverError('E_CONFIG', `${shown} exports no configuration.`, {
    hint: 'export default defineConfig({ … })',
  });
}

function isFunction(value: unknown): value is () => unknown {
  return typeof value === 'function';
}

async function call(create: () => unknown, shown: string): Promise<unknown> {
  try {
    return await create();
  } catch (error) {
    if (errorCode(error) !== null) throw error;
    throw new CutoverError('E_CONFIG', `The function that ${shown} exports failed: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

const HINTS: Readonly<Record<string, string>> = {
  ERR_MODULE_NOT_FOUND: 'Install what it imports beside it: npm install --save-dev cutover',
  ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX:
    'Node.js only strips types: no enum, no namespace, no parameter properties.',
};

function hintFor(error: unknown): string {
  const code = isObject(error) && typeof error.code === 'string' ? error.code : '';
  return HINTS[code] ?? 'Run it alone to see more: node FILE';
}
