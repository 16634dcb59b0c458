import { closest } from '../config/closest.ts';
import { PACKAGE } from '../config/patterns.ts';
import { CutoverError } from '../contract/index.ts';

export interface Installed {
  readonly name: string;
  readonly version: string | null;
  /** Where it was installed from. Absent: a registry. */
  readonly origin?: 'link' | 'address';
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
    const found = installed.find(({ name }) => name === entry.name);
    const problem = problemOf(entry, found);
    const meant = found === undefined ? meantBy(entry, installed) : null;
    return problem === null ? [] : [{ problem, text: entry.text, found, meant }];
  });
  if (wrong.length > 0) {
    throw new CutoverError('E_PLUGIN', `"plugins" lists ${wrong.map(({ problem }) => problem).join('; ')}.`, {
      hint: hintFor(wrong),
    });
  }
  const isListed = ({ name }: T) => entries.some((entry) => entry.name === name);
  return { listed: installed.filter(isListed), unlisted: installed.filter((each) => !isListed(each)) };
}

interface Wrong {
  readonly text: string;
  readonly found: Installed | undefined;
  /** The package that is installed, and was probably meant. */
  readonly meant: string | null;
}

/** What never came from a registry may not be in one. */
function hintFor(wrong: readonly Wrong[]): string {
  const near = wrong.flatMap(({ meant }) => (meant === null ? [] : [`Did you mean "${meant}"?`]));
  const elsewhere = wrong.flatMap(({ found }) => {
    if (found?.origin === 'link')
      return [`${found.name} is linked: its own package.json says its version, or the list another one.`];
    if (found?.origin === 'address')
      return [
        `${found.name} came from a file or an address, not by its name: install that version from there.`,
      ];
    return [];
  });
  const names = wrong
    .filter(({ found, meant }) => found?.origin === undefined && meant === null)
    .map(({ text }) => text);
  const install = names.length === 0 ? [] : [`cutover plugins install ${names.join(' ')}`];
  return [...near, ...install, ...elsewhere].join('\n');
}

/** The list as it is written, as far as it is right, before anything of the configuration was checked; null where there is none. */
export function listIn(raw: unknown): readonly string[] | null {
  const list = typeof raw === 'object' && raw !== null && 'plugins' in raw ? raw.plugins : undefined;
  if (list === undefined) return null;
  return Array.isArray(list)
    ? list.filter((entry): entry is string => typeof entry === 'string' && PACKAGE.test(entry))
    : [];
}

/** Many write what a configuration calls the extension, or leave out the scope. */
function meantBy({ name }: Entry, installed: readonly Installed[]): string | null {
  const own = new Map(installed.map((each) => [ownPart(each.name), each.name]));
  const near = closest(ownPart(name), [...own.keys()]);
  return near === null ? null : own.get(near)!;
}

/** What is alike in all names says nothing. */
function ownPart(name: string): string {
  return name.replace(/^@[^/]*\//, '').replace(/^cutover-(?:plugin-)?/, '');
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
