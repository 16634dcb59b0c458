import type { Compression } from '../../sync/compression.ts';
import type { Fence } from '../engine.ts';
import type { Script } from './script.ts';
import { sh } from './sh.ts';

/** `receive DIRECTORY COMPRESSION`: extracts what comes by stdin. */
export const RECEIVING = sh`
receive() {
  case $2 in
    none) tar -x -p -o -f - -C "$1" ;;
    *) "$2" -dc | tar -x -p -o -f - -C "$1" ;;
  esac
}`;

export interface Beside {
  readonly release: string;
  /** As it stands in the archive that goes through the first channel. */
  readonly attempt: string;
  readonly compression: Compression | null;
  /** Tells this channel from others. */
  readonly number: number;
}

/**
 * Receives a part of an archive into the place that `syncScript` has made for this very try, and does nothing with it. Its
 * own mark proves that all of it came. All directories must be there before: two tars that make the same one at a time
 * fail (GNU tar 1.34).
 */
export function besideScript(
  path: string,
  fence: Fence,
  { release, attempt, compression, number }: Beside,
): Script {
  return {
    name: 'receive a part of the upload',
    body: BODY,
    args: [
      path,
      fence.generation,
      fence.record,
      release,
      attempt,
      compression ?? 'none',
      `complete-${number}`,
    ],
  };
}

const BODY = sh`${RECEIVING}
enter "$1"
fence "$2" "$3"
incoming=.cutover/incoming/$4
tries=0
until [ "$(cat "$incoming/attempt" 2>/dev/null)" = "$5" ]; do
  tries=$((tries + 1))
  [ "$tries" -lt 30 ] || fail E_UNKNOWN "the upload that this was to be a part of is over"
  sleep 1
done
receive "$incoming" "$6"
[ "$(cat "$incoming/$7" 2>/dev/null)" = "$4" ] || fail E_REMOTE "a part of the upload ended early"`;
