import { comparePaths } from '../../sync/order.ts';
import type { Leak } from '../engine.ts';
import { MANIFEST_LINES } from './manifestLines.ts';
import type { Fields, Script } from './script.ts';
import { sh } from './sh.ts';

/**
 * Finds the files of the deploy-cache that are not what was uploaded. Releases share the cache's inodes by hard link,
 * so a command or an application that opens a file of its release for writing (`>>`, `>`, `chmod`, `touch`) changes
 * the cache too, and that is seen there: each file's mode, size and time of change of content are compared with the
 * manifest, in one walk and one sort, without reading any content. Changes nothing.
 *
 * Uploaded files have a time in whole seconds, so a fraction of one is a change as well; where neither the file system
 * nor stat knows fractions, a write of the same size in the second of the upload is missed. So is, everywhere, one
 * whose author sets the time back (`touch -r`), a change of owner, and all where stat has no `-c` (neither GNU nor
 * BusyBox) or one of the programs is missing. What removes or renames over a file (`sed -i`, `mv`) changes its release alone and is not found.
 */
export function leaksScript(path: string): Script {
  return {
    name: 'look for in-place writes',
    body: sh`${LEAKS}
enter "$1"
[ ! -d deploy-cache ] || field leaks "$(leaks)"`,
    args: [path],
  };
}

/**
 * `leaks`: two lines for each file that differs, as the manifest has it and as it is, and one for a file that only
 * one of the two has. `mode size time path`, separated by tabs, with the whole time and `./` before the path where it
 * has a fraction.
 */
export const LEAKS = sh`${MANIFEST_LINES}
leaks() {
  tab=$(printf '\t')
  [ -f .cutover/cache ] || return 0
  for each in awk grep cut find stat sed sort uniq; do
    command -v "$each" >/dev/null 2>&1 || return 0
  done
  {
    manifest_lines | grep "^f$tab" | cut -f 2,3,5,6
    (cd deploy-cache && find . -type f -exec stat -c "%a$tab%s$tab%Y$tab%y$tab%n" {} +) |
      sed "s/$tab[^ $tab]* [^ .$tab]*\.\{0,1\}0* [^ $tab]*$tab\.\//$tab/"
  } | sort | uniq -u
}
`;

/** What only the manifest or only the cache has is no leak: the count of the entries tells of it. */
export function readLeaks(fields: Fields): readonly Leak[] {
  const byPath = new Map<string, string[]>();
  for (const line of (fields.one('leaks') ?? '').split('\n')) {
    const path = line.slice(line.lastIndexOf('\t') + 1).replace(/^\.\//, '');
    byPath.set(path, [...(byPath.get(path) ?? []), line]);
  }
  const leaks = [...byPath].flatMap(([path, lines]) =>
    lines.length === 2 ? [{ path, content: !onlyTheMode(lines) }] : [],
  );
  return leaks.sort((one, other) => comparePaths(one.path, other.path));
}

/** A file that its owner cannot read any more cannot be copied on the server either. */
function onlyTheMode(lines: readonly string[]): boolean {
  const [one, other] = lines.map((line) => line.slice(line.indexOf('\t')));
  const readable = lines.every((line) => (Number.parseInt(line, 8) & 0o400) !== 0);
  return readable && one === other;
}
