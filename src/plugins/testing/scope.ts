import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { CutoverError, type Scope, type SecretReference } from '../../core/contract/index.ts';

/** A scope for tests: remembers the lines of its log, and knows the secrets it is given by name of the variable. */
export function fakeScope(
  given: { readonly secrets?: Readonly<Record<string, string>>; readonly signal?: AbortSignal } = {},
): Scope & { readonly lines: string[] } {
  const lines: string[] = [];
  return {
    lines,
    signal: given.signal ?? new AbortController().signal,
    log: (message) => void lines.push(message),
    now: () => new Date('2026-11-21T19:38:11Z'),
    secret: async (reference) => {
      const value = await lookUp(reference, given.secrets ?? {});
      return { reveal: () => value, toString: () => '***', toJSON: () => '***' };
    },
    resolvePath: (path) => resolve('/configuration', path),
  };
}

async function lookUp(
  reference: SecretReference,
  secrets: Readonly<Record<string, string>>,
): Promise<string> {
  if ('file' in reference) return (await readFile(reference.file, 'utf8')).trimEnd();
  const value = 'env' in reference ? secrets[reference.env] : undefined;
  if (value === undefined) throw new CutoverError('E_CONFIG', 'The test does not know this secret.');
  return value;
}
