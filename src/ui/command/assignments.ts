import { CutoverError, type Json } from '../../core/contract/index.ts';

/** `host=web9.example.com`: keys, and values as YAML would read them. Throws `E_USAGE`. */
export async function parseAssignments(texts: readonly string[]): Promise<Readonly<Record<string, Json>>> {
  const { parse } = await import('yaml');
  return Object.fromEntries(
    texts.map((text) => {
      const [, key = '', value = ''] = /^([A-Za-z][\w-]*)=(.+)$/.exec(text) ?? [];
      if (key === '')
        throw new CutoverError(
          'E_USAGE',
          `--set ${text}: expected KEY=VALUE, such as host=web9.example.com.`,
        );
      try {
        return [key, parse(value, { version: '1.2', logLevel: 'silent' }) as Json];
      } catch {
        return [key, value];
      }
    }),
  );
}
