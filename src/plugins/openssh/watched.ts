import { ASKED } from './spoken.ts';

/**
 * Runs a program as a child that does not outlive who started this: their end of the input closes, however they end, and
 * the program is told to, and has two seconds for it. Then what it has left behind goes, programs and files.
 * In: DIRECTORY PROGRAM ARGUMENT…
 */
export const WATCHED = `directory=$1
shift
exec 3<&0 </dev/null
"$@" 3<&- &
program=$!
{ read -r _ <&3; kill "$program"; sleep 2; kill -KILL "$program"; } 2>/dev/null &
watcher=$!
exec 3<&-
wait "$program"
status=$?
kill "$watcher" 2>/dev/null
rm -rf -- "$directory"
trap '' HUP
kill -HUP 0
exit "$status"
`;

/**
 * What ssh calls to tell the user something, such as to touch a security key (ssh(1), SSH_ASKPASS). Told on its standard
 * error, which is ssh's. Nobody is asked for anything.
 */
export const ASKPASS = `#!/bin/sh
[ "$SSH_ASKPASS_PROMPT" = none ] || exit 1
printf '%s%s\\n' '${ASKED}' "$1" >&2
`;
