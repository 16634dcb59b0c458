import { PACKAGE } from '../config/patterns.ts';
import { CutoverError } from '../contract/index.ts';

export interface Installed {
  readonly name: string;
  readonly version: string | null;
}

/**
 * Which installed packages a configuration lets in: those that its list names, or all where it has none. Throws `E_PLUGIN`,
 * with the command that installs it, for one that is listed and not there, or there in another version.
 */
export function allowed<T extends Installed>(
  installed: readonly T[],
  list: readonly string[] | null,
): { readonly listed: readonly T[]; readonly unlisted: readonly T[] } {
  if (list === null) return { listed: installed, unlisted: [] };
  const entries = list.map(parseEntry);
  const wrong = entries.flatMap((entry) => {
    const problem = problemOf(
      entry,
      installed.find(({ name }) => name === entry.name),
    );
    return problem === null ? [] : [{ problem, text: entry.text }];
  });
  if (wrong.length > 0) {
    throw new CutoverError('E_PLUGIN', `"plugins" lists ${wrong.map(({ problem }) => problem).join('; ')}.`, {
      hint: `cutover plugins install ${wrong.map(({ text }) => text).join(' ')}`,
    });
  }
  const isListed = ({ name }: T) => entries.some((entry) => entry.name === name);
  return { listed: installed.filter(isListed), unlisted: installed.filter((each) => !isListed(each)) };
}

/** The list as it is written, as far as it is right, before anything of the configuration was checked; null where there is none. */
export function listIn(raw: unknown): readonly string[] | null {
  const list = typeof raw === 'object' && raw !== null && 'plugins' in raw ? raw.plugins : undefined;
  if (list === undefined) return null;
  return Array.isArray(list)
    ? list.filter((entry): entry is string => typeof entry === 'string' && PACKAGE.test(entry))
    : [];
}

interface Entry {
  readonly text: string;
  readonly name: string;
  readonly version: string | null;
}

/** `name`, `@scope/name`, either with `@version` */
function parseEntry(text: string): Entry {
  const at = text.indexOf('@', 1);
  return at < 0
    ? { text, name: text, version: null }
    : { text, name: text.slice(0, at), version: text.slice(at + 1) };
}

function problemOf({ name, version }: Entry, found: Installed | undefined): string | null {
  if (found === undefined) return `${name}, which is not installed`;
  if (version === null || version === found.version) return null;
  return `${name} in version ${version}, but ${found.version ?? 'none that can be read'} is installed`;
}
