import { comparePaths } from '../../sync/order.ts';
import type { Fence, Leak } from '../engine.ts';
import { MANIFEST_LINES } from './manifestLines.ts';
import type { Fields, Script } from './script.ts';
import { sh } from './sh.ts';
import { STAMP } from './stamp.ts';

/**
 * Finds the files of the deploy-cache that are not what was uploaded. Releases share the cache's inodes by hard link,
 * so a command or an application that opens a file of its release for writing (`>>`, `>`, `chmod`, `touch`) changes
 * the cache too, and that is seen there: a file's mode, size and time of change of content are compared with the
 * manifest.
 *
 * Under a fence only those files are compared whose inode has changed since the stamp that its deployment found, or has
 * made since, and when these are few their content too. Where there is no such stamp, and without a fence, all are, by
 * one walk and one sort, and without their content.
 *
 * Uploaded files have a time in whole seconds, so a fraction of one is a change as well; where neither the file system
 * nor stat knows fractions, a write of the same size in the second of the upload is missed without their content. So
 * is one whose author sets the time back (`touch -r`); and everywhere a change of owner, and all where stat has no `-c`
 * (neither GNU nor BusyBox) or one of the programs is missing. What removes or renames over a file (`sed -i`, `mv`)
 * changes its release alone and is not found. Changes nothing of what is deployed.
 */
export function leaksScript(path: string, fence: Fence | null): Script {
  return {
    name: 'look for in-place writes',
    body: sh`${LEAKS}${KNOWN_LEAKS}
enter "$1"
[ -d deploy-cache ] || return 0
for top in .cutover/locks/g-*; do :; done
# What is worked with is kept beside the stamp: who has lost the lock writes nothing there either.
if [ "$\{top##*/}" = "$2" ]; then found=$(known_leaks ".cutover/standby/claimed-$2"); else found=$(leaks); fi
field leaks "$found"`,
    args: [path, fence?.generation ?? ''],
  };
}

/** A tab is what IFS holds between a space and a line end. */
const STAT = sh`
tab=$\{IFS#?}
tab=$\{tab%?}
stat_format="%a$tab%s$tab%Y$tab%y$tab%n"
stat_fields="s/$tab[^ $tab]* [^ .$tab]*\.\{0,1\}0* [^ $tab]*$tab\.\//$tab/"
real_lines() { # of the paths below deploy-cache on standard input, ended by NUL
  (cd deploy-cache && exec xargs -0 sh -c '[ "$#" -eq 0 ] || exec stat -c "$0" "$@"' "$stat_format" 2>/dev/null) |
    sed "$stat_fields"
}`;

/** What the manifest says of its files. Its segments come newest first. */
const NEWEST = sh`
NF >= 6 && !($6 in said) { said[$6] = $1 == "f" ? $2 FS $3 FS $5 FS $6 : "" }
END { for (each in said) if (said[each] != "") print said[each] }`;

/**
 * `leaks`: two lines for each file that differs, as the manifest has it and as it is, and one for a file that only
 * one of the two has. `mode size time path`, separated by tabs, with the whole time and `./` before the path where it
 * has a fraction.
 */
export const LEAKS = sh`${MANIFEST_LINES}${STAT}
leaks() {
  [ -f .cutover/cache ] || return 0
  for each in awk find stat sed sort uniq; do
    command -v "$each" >/dev/null 2>&1 || return 0
  done
  {
    (
      set -- $(segments)
      cd .cutover/manifests 2>/dev/null || exit 0
      exec awk -F "$tab" '${NEWEST}' "$@"
    )
    (cd deploy-cache && exec find . -type f -exec stat -c "$stat_format" {} + 2>/dev/null) | sed "$stat_fields"
  } | sort | uniq -u
}`;

/** Reads what the candidates really are, then their hashes, then the segments of the manifest, newest first. */
const JUDGE = sh`
kind == "real" {
  path = $NF
  sub(/^\.\//, "", path)
  if (!(path in real)) wanted++
  real[path] = substr($0, 1, length($0) - length($NF) - 1)
}
kind == "hash" { hash[substr($0, 69)] = substr($0, 1, 64) }
kind == "manifest" && NF >= 6 && $6 in real {
  said = $2 FS $3 FS $5
  read = $6 in hash ? hash[$6] : $4
  if ($1 == "f" && (real[$6] != said || read != $4)) {
    print said FS $4 FS $6
    print real[$6] FS read FS $6
  }
  delete real[$6]
  if (--wanted == 0) exit
}`;

/** So many files, and bytes of them, are read: that takes some ten milliseconds. */
const MOST_READ_FILES = 1000;
const MOST_READ_BYTES = 16 * 1024 * 1024;

/**
 * `leaks_since DIRECTORY NOTES`: the same of files whose inode has changed since the stamp there, and those that are named
 * beside it, with the hash of the content before the path. Leaves the number of entries that the cache has, itself
 * included, in the file `entries` of the directory for notes. Fails where find cannot tell. It is two parts:
 * `candidates_since` names the files, `judge_candidates NOTES` compares them.
 * `known_leaks DIRECTORY`: by the stamp there if it holds, else all.
 */
export const KNOWN_LEAKS = sh`${STAMP}
candidates_since() {
  seen=$(cd deploy-cache && find . -printf x -type f -cnewer "../$1/stamp" -fprint "../$2/candidates" 2>/dev/null) || return 1
  printf '%s\n' "$\{#seen}" >"$2/entries"
  [ -s "$1/leaks" ] || return 0
  sed 's,.*'"$(printf '\t')"',,; s,^\./,,; s,^,./,' "$1/leaks" >>"$2/candidates"
}
judge_candidates() {
  [ -s "$1/candidates" ] || return 0
  tr '\n' '\000' <"$1/candidates" | real_lines >"$1/real"
  [ -s "$1/real" ] || return 0
  : >"$1/hashes"
  if awk '{ files++; bytes += $2 } END { exit !(files <= ${String(MOST_READ_FILES)} && bytes <= ${String(MOST_READ_BYTES)}) }' "$1/real"; then
    tr '\n' '\000' <"$1/candidates" | (cd deploy-cache && exec xargs -0 sha256sum --) >"$1/hashes" 2>/dev/null || :
  fi
  (
    newest=$(segments)
    cd .cutover/manifests &&
      awk -F "$(printf '\t')" '${JUDGE}' kind=real "../../$1/real" kind=hash "../../$1/hashes" kind=manifest $newest
  )
}
leaks_since() { candidates_since "$1" "$2" && judge_candidates "$2"; }
known_leaks() {
  if stamp_holds "$1" && since=$(leaks_since "$1" "$1"); then
    [ -z "$since" ] || printf '%s\n' "$since"
  else
    rm -f -- "$1/entries" 2>/dev/null || :
    leaks
  fi
}`;

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
