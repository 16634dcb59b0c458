import { CutoverError } from '../../contract/index.ts';
import { comparePaths } from '../../sync/order.ts';
import { parentsOf } from '../../sync/parents.ts';
import {
  type CacheDifference,
  type DifferenceKind,
  damagedManifest,
  type Verification,
} from '../../sync/verification.ts';
import { MANIFEST_LINES } from './manifestLines.ts';
import type { Fields, Script } from './script.ts';
import { sh } from './sh.ts';

/**
 * Reads every file of the deploy-cache and compares the tree with the manifest, there: only what differs comes back.
 * Changes nothing, and writes no file.
 *
 * Names with control characters are in no manifest: they are looked for by themselves, and nothing below them is, so
 * that no line of the others can be made up by a name. Since sha256sum prints a name with a backslash in another way, such
 * files are read one by one.
 */
export function verifyScript(path: string): Script {
  return { name: 'verify the deploy-cache', body: BODY, args: [path] };
}

/**
 * Throws `E_CAPABILITY` where a program is missing, and `E_REFUSED` when nobody can tell any more what the cache should
 * hold.
 */
export function readVerification(server: string, fields: Fields): Verification {
  const lacking = fields.all('lacks');
  if (lacking.length > 0) throw cannotRead(server, lacking);
  const lines = (fields.one('found') ?? '').split('\n').map((line) => line.split('\t'));
  const said = (name: string) => lines.find(([what]) => what === `=${name}`)?.[1] ?? null;
  if (said('damaged') !== null) throw damagedManifest(server);
  if (fields.one('found') !== null && said('files') === null) throw notCompared(server);
  const found = lines.flatMap(([kind = '', live, path = '']): readonly CacheDifference[] =>
    path === '' ? [] : [{ path, kind: kind as DifferenceKind, live: live === 'live' }],
  );
  return { files: Number(said('files') ?? 0), hashed: true, differences: withOdd(found, fields.all('odd')) };
}

/** What stands below something else that does not belong there goes with it. */
function withOdd(found: readonly CacheDifference[], oddNames: readonly string[]): readonly CacheDifference[] {
  const above = new Set(found.flatMap(({ path, kind }) => (COVERING.has(kind) ? [path] : [])));
  const odd = oddNames
    .map((name) => name.replace(/^\.\//, ''))
    .filter((path) => !parentsOf([path]).some((parent) => above.has(parent)))
    .map((path): CacheDifference => ({ path, kind: 'extra', live: false }));
  return [...found, ...odd].sort((one, other) => comparePaths(one.path, other.path));
}

const COVERING: ReadonlySet<DifferenceKind> = new Set(['extra', 'kind']);

function cannotRead(server: string, lacking: readonly string[]): CutoverError {
  return new CutoverError(
    'E_CAPABILITY',
    `${server}: the deploy-cache cannot be verified: there is no ${lacking.join(', no ')}.`,
    { server, hint: 'Install GNU coreutils and findutils there, or BusyBox.' },
  );
}

function notCompared(server: string): CutoverError {
  return new CutoverError('E_REMOTE', `${server}: the deploy-cache could not be compared: awk failed.`, {
    server,
  });
}

/**
 * Lines for `compare`, separated by tabs: `h name number` of the head; `m` and a line of the manifest; `s` with raw mode in hex, mode,
 * time in seconds, whole time and path of all that stands there; `c hash  path` of the files; `l path target` of the links,
 * in whose targets a line end is \001.
 */
const LINES = sh`${MANIFEST_LINES}
lines() {
  while IFS=' ' read -r word value; do
    case $word in files | directories | links | bytes) printf 'h\t%s\t%s\n' "$word" "$value" ;; esac
  done <.cutover/cache
  manifest_lines | sed "s/^/m$tab/"
  cd deploy-cache
  find . -name '*[[:cntrl:]]*' -prune -o -exec stat -c "s$tab%f$tab%a$tab%Y$tab%y$tab%n" {} + || :
  {
    find . -name '*[[:cntrl:]]*' -prune -o -type f ! -path '*\\*' -exec sha256sum {} + || :
    find . -name '*[[:cntrl:]]*' -prune -o -type f -path '*\\*' -exec sh -c '
      for each; do printf "%s  %s\n" "$(sha256sum <"$each" | cut -c 1-64)" "$each"; done' sh {} + || :
  } 2>/dev/null | sed "s/^/c$tab/"
  if find . -prune -printf '' 2>/dev/null; then
    find . -name '*[[:cntrl:]]*' -prune -o -type l -printf 'l\t%p\t%l\000' || :
  else
    find . -name '*[[:cntrl:]]*' -prune -o -type l -exec sh -c '
      for each; do
        text=$(readlink "$each"; echo .)
        printf "l\t%s\t%s\000" "$each" "$\{text%??}"
      done' sh {} + || :
  fi | tr '\n\000' '\001\n'
}
`;

/**
 * `compare`: `kind path` for each that differs, `=files number`, and `=damaged` when the manifest is not what the head says.
 * What looks like a number is told from another only as text.
 */
const COMPARE = sh`
compare() {
  awk -F "$tab" '
    function parent(path) { return sub(/\/[^\/]*$/, "", path) ? path : "" }
    $1 == "h" { said[$2] = $3; next }
    $1 == "m" && ($2 == "-" || NF == 2) { next }
    $1 == "m" {
      if ($2 !~ /^[fdl]$/ || $7 == "") { damaged = 1; next }
      kind[$7] = $2
      mode[$7] = $3
      hash[$7] = $5
      time[$7] = $6
      if ($2 == "l") target[$7] = $8
      count[$2]++
      if ($2 == "f") bytes += $4
      next
    }
    $1 == "s" && $6 == "." { next }
    $1 == "s" {
      path = substr($6, 3)
      first = substr($2, 1, 1)
      there[path] = first == "8" ? "f" : first == "4" ? "d" : first == "a" ? "l" : "o"
      if (there[path] == "d") { if (substr($3, length($3) - 2) != mode[path] "") odd_mode[path] = 1 }
      else if ($3 "" != mode[path] "") odd_mode[path] = 1
      if ($4 "" != time[path] "" || $5 ~ /\.0*[1-9]/) odd_time[path] = 1
      next
    }
    $1 == "c" {
      path = substr($2, 69)
      if (substr($2, 1, 64) == hash[path] "") right[path] = 1
      next
    }
    $1 == "l" {
      path = substr($2, 3)
      if (path in target && $0 == "l" FS $2 FS target[path]) right[path] = 1
    }
    END {
      if (count["f"] + 0 != said["files"] + 0 || count["d"] + 0 != said["directories"] + 0) damaged = 1
      if (count["l"] + 0 != said["links"] + 0 || bytes + 0 != said["bytes"] + 0) damaged = 1
      if (damaged) { print "=damaged" FS "yes"; exit }
      print "=files" FS count["f"] + 0
      for (path in kind) {
        if (!(path in there)) top[path] = "missing"
        else if (there[path] != kind[path]) top[path] = "kind"
        else if (kind[path] == "f" && !(path in right)) print "content" FS path
        else if (kind[path] == "l" && !(path in right)) print "target" FS path
        else if (kind[path] != "l" && path in odd_mode) print "mode" FS path
        else if (kind[path] == "f" && path in odd_time) print "time" FS path
      }
      for (path in there) if (!(path in kind)) top[path] = "extra"
      for (path in top) if (!(parent(path) in top)) print top[path] FS path
    }'
}
`;

const BODY = sh`${LINES}${COMPARE}
enter "$1"
[ ! -L deploy-cache ] || fail E_REFUSED "deploy-cache is a symbolic link"
[ -d deploy-cache ] && [ -f .cutover/cache ] || return 0
tab=$(printf '\t')
for each in awk cut find readlink sed sha256sum stat tr; do
  command -v "$each" >/dev/null 2>&1 || { field lacks "$each"; lacks=yes; }
done
stat -c %a . >/dev/null 2>&1 || { field lacks "stat that knows -c"; lacks=yes; }
[ -z "$\{lacks:-}" ] || return 0
printf 'found\000'
lines | compare | while IFS="$tab" read -r kind path; do
  live=-
  case $kind in
    content | mode | time) if [ "current/$path" -ef "deploy-cache/$path" ]; then live=live; fi ;;
    =*) live=$path path= ;;
  esac
  printf '%s\t%s\t%s\n' "$kind" "$live" "$path"
done
printf '\000'
cd deploy-cache
find . -name '*[[:cntrl:]]*' -prune -exec sh -c 'for each; do printf "odd\000%s\000" "$each"; done' sh {} + || :`;
