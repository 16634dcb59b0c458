import type { MarkName } from '../marks.ts';
import { HOME_PATH } from './homePath.ts';
import type { Script } from './script.ts';
import { sh } from './sh.ts';

/** `nonce` is a name that nobody else uses, and the same one when the script is run again. */
export function setMarkScript(path: string, name: MarkName, text: string, nonce: string): Script {
  return { name: 'set a mark', body: SET, args: [path, name, text, nonce] };
}

export function clearMarkScript(path: string, name: MarkName): Script {
  return { name: 'take a mark away', body: CLEAR, args: [path, name] };
}

/** A mark can stand where nothing was ever deployed. An attempt before, whose line was lost, may rename it for us. */
const SET = sh`${HOME_PATH}
home_path "$1"
mkdir -p -- "$base" || fail E_REMOTE "the deploy path $base cannot be created"
enter "$base"
[ ! -L .cutover ] || fail E_REFUSED ".cutover is a symbolic link"
[ -d .cutover ] || mkdir -m 0700 .cutover 2>/dev/null || [ -d .cutover ]
[ ! -d ".cutover/$2" ] || fail E_REFUSED "$base/.cutover/$2 is a directory"
next=.cutover/$2.$4
(umask 077; printf '%s\n' "$3" >"$next")
mv -f -- "$next" ".cutover/$2" || [ "$(cat ".cutover/$2")" = "$3" ]`;

const CLEAR = sh`${HOME_PATH}
home_path "$1"
[ -d "$base/.cutover" ] || return 0
enter "$base"
rm -f -- ".cutover/$2"`;
