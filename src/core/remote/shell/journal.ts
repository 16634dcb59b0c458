import type { Fence } from '../engine.ts';
import type { Script } from './script.ts';
import { sh } from './sh.ts';

/** Writes what the fence has to say, and does nothing else. */
export function noteScript(path: string, fence: Fence): Script {
  return { name: 'write the journal', body: NOTE, args: [path, fence.generation, fence.record] };
}

const NOTE = sh`
enter "$1"
fence "$2" "$3"`;

/** Puts the journal of the open transaction away, under a name that sorts by time. The last twenty are kept. */
export function closeScript(path: string, fence: Fence, id: string): Script {
  return { name: 'close the journal', body: CLOSE, args: [path, fence.generation, fence.record, id] };
}

const CLOSE = sh`
enter "$1"
fence "$2" "$3"
[ -d .cutover/journals ] || return 0
cd .cutover/journals
if [ -f open ]; then mv -f -- open "$4"; fi
count=0
for each in [0-9]*; do count=$((count + 1)); done
for each in [0-9]*; do
  [ "$count" -gt 20 ] || break
  rm -f -- "$each"
  count=$((count - 1))
done`;
