import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { messageOf } from '../contract/index.ts';

/**
 * Where an error was thrown, as `FILE:LINE:COLUMN`: in the innermost code that is neither ours nor of Node, so in that of a
 * plugin. The column is missing where a file is no JavaScript. Null where the stack does not tell.
 */
export function thrownAt(error: unknown, own: readonly string[] = ownDirectories()): string | null {
  const stack = error instanceof Error ? error.stack : undefined;
  if (typeof stack !== 'string') return null;
  const isForeign = (place: string) => !own.some((directory) => place.startsWith(directory));
  return stack.split('\n').flatMap(placeIn).find(isForeign) ?? null;
}

/** What was thrown and where, for whoever mends that. */
export function whyAndWhere(error: unknown): string {
  const place = thrownAt(error);
  return place === null ? messageOf(error) : `${messageOf(error)} (${place})`;
}

/** The same as a hint, for what has none of its own. `from`: the package that the extension came in. */
export function whoseFault(error: unknown, from: string | null | undefined): { readonly hint?: string } {
  const place = thrownAt(error);
  const thrown = place === null ? null : `It was thrown at ${place}`;
  if (from === null || from === undefined) return thrown === null ? {} : { hint: `${thrown}.` };
  return {
    hint: thrown === null ? `It comes from the plugin ${from}.` : `${thrown}, in the plugin ${from}.`,
  };
}

/** The last word of a frame, or the first line that Node puts before the stack of an error of syntax. */
const FRAME = /^\s+at (?:.* \(|async )?((?:file:\/\/|\/|[A-Za-z]:\\).*:\d+:\d+)\)?$/;
const HEAD = /^((?:file:\/\/|\/|[A-Za-z]:\\).*:\d+)$/;

function placeIn(line: string): readonly string[] {
  const place = (FRAME.exec(line) ?? HEAD.exec(line))?.[1];
  return place === undefined ? [] : [asPath(place)];
}

function asPath(place: string): string {
  const [, url, numbers = ''] = /^(file:\/\/.*?)((?::\d+)+)$/.exec(place) ?? [];
  if (url === undefined) return place;
  try {
    return `${fileURLToPath(url)}${numbers}`;
  } catch {
    return place;
  }
}

/** The code of this program, built or not, and what it depends on. */
function ownDirectories(): readonly string[] {
  const [, root, code] = /^(.*[/\\])((?:dist|src)[/\\])/.exec(fileURLToPath(import.meta.url)) ?? [];
  if (root === undefined || code === undefined) return [];
  const dependencies = join(root, 'node_modules');
  const isThere = existsSync(dependencies);
  return [join(root, code), dependencies, ...(isThere ? [realpathSync(dependencies)] : [])];
}
