import { type Basis, type BlockHash, blockBytesOf } from '../../sync/blocks.ts';
import type { ManifestEntry } from '../../sync/types.ts';
import type { Received } from '../../sync/wholeFiles.ts';
import type { Link } from '../link.ts';
import { runScript } from './run.ts';
import type { Fields, Script } from './script.ts';
import { sh } from './sh.ts';

export interface ReceivedRequest {
  readonly release: string;
  /** The time of files that have arrived whole. */
  readonly modifiedAtSec: number;
  /** Large files of which something may be there. */
  readonly large: readonly ManifestEntry[];
  /** The deploy-cache may hold older versions of them. */
  readonly older: boolean;
  readonly algorithm: BlockHash;
}

export interface Arrived {
  readonly files: readonly Received[];
  /** Names of blocks that are whole. */
  readonly blocks: ReadonlySet<string>;
  readonly bases: readonly Basis[];
}

/** What an interrupted upload of this release has left, and what there is of large files. */
export async function lookAtReceived(
  link: Link,
  path: string,
  request: ReceivedRequest,
  signal: AbortSignal,
): Promise<Arrived> {
  return readArrived(await runScript(link, receivedScript(path, request), { signal }), request);
}

const PROGRAMS = { sha256: 'sha256sum', blake2b512: 'b2sum' } as const;

/** Changes nothing. Where stat has no `-c`, nothing is said to have arrived. */
function receivedScript(
  path: string,
  { release, modifiedAtSec, large, older, algorithm }: ReceivedRequest,
): Script {
  const files = large.flatMap(({ path: each, sizeBytes }) => [
    each,
    String(sizeBytes),
    String(blockBytesOf(sizeBytes)),
  ]);
  return {
    name: 'look at what has arrived',
    body: BODY,
    args: [path, release, String(modifiedAtSec), older ? 'older' : 'none', PROGRAMS[algorithm], ...files],
  };
}

const BODY = sh`
enter "$1"
incoming=.cutover/incoming/$2
time=$3
older=$4
sum=$5
shift 5
for each in tree blocks; do
  [ -d "$incoming/$each" ] || continue
  field "$each" "$(cd "$incoming/$each" && find . -type f -exec stat -c '%s %Y %n' {} + 2>/dev/null)"
done
command -v "$sum" >/dev/null 2>&1 && command -v dd >/dev/null 2>&1 || return 0
hash_blocks() {
  block=0
  while [ "$((block * $2))" -lt "$3" ]; do
    dd if="$1" bs="$2" skip="$block" count=1 2>/dev/null | "$sum"
    block=$((block + 1))
  done
}
while [ "$#" -gt 0 ]; do
  file=$incoming/tree/$1
  place=upload
  if [ ! -f "$file" ] || [ -L "$file" ]; then
    file=deploy-cache/$1
    place=cache
    [ "$older" = older ] || file=
  elif [ "$(stat -c '%s %Y' "$file" 2>/dev/null)" = "$2 $time" ]; then file=
  fi
  if [ -n "$file" ] && [ -f "$file" ] && [ ! -L "$file" ] && [ -r "$file" ]; then
    bytes=$(wc -c <"$file")
    [ "$bytes" -le "$2" ] || bytes=$2
    field basis "$place $(hash_blocks "$file" "$3" "$((bytes))" | sed 's/ .*//' | tr '\n' ' ')./$1"
  fi
  shift 3
done`;

function readArrived(fields: Fields, { modifiedAtSec }: ReceivedRequest): Arrived {
  const blocks = readFiles(fields.one('blocks')).filter((file) => file.modifiedAtSec === modifiedAtSec);
  return {
    files: readFiles(fields.one('tree')),
    blocks: new Set(blocks.map(({ path }) => path)),
    bases: fields.all('basis').map(readBasis),
  };
}

function readFiles(text: string | null): readonly Received[] {
  return (text ?? '').split('\n').flatMap((line) => {
    const [, size, time, path] = /^(\d+) (\d+) \.\/(.*)$/.exec(line) ?? [];
    return path === undefined ? [] : [{ path, sizeBytes: Number(size), modifiedAtSec: Number(time) }];
  });
}

function readBasis(text: string): Basis {
  const end = text.indexOf('./');
  const [place, ...hashes] = text.slice(0, end).split(' ').filter(Boolean);
  return {
    in: place === 'upload' ? 'upload' : 'cache',
    path: text.slice(end + 2),
    hashes,
  };
}
