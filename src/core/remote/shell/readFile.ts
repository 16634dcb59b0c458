import { READ_LIMIT_BYTES } from '../readPath.ts';
import type { Fields, Script } from './script.ts';
import { sh } from './sh.ts';

/** The content of a file below the deploy path, as hexadecimal digits: our fields are texts, and hold no NUL. Changes nothing. */
export function readFileScript(path: string, file: string): Script {
  return { name: `read ${file}`, body: BODY, args: [path, file] };
}

/** `[ -e ]` does not say why not, and a server over SFTP takes the same reasons for nothing there (OpenSSH, `errno_to_portable`). */
const BODY = sh`
file=$1/$2
if [ ! -e "$file" ]; then
  why=$(ls -Ld -- "$file" 2>&1 >/dev/null) || case $why in
    *": No such file or directory" | *": Not a directory") return 0 ;;
    *": Too many levels of symbolic links" | *": Symbolic link loop") return 0 ;;
    *) fail E_REMOTE "$2 cannot be read: $\{why##*: }" ;;
  esac
fi
[ -f "$file" ] || fail E_REMOTE "$2 is not a file"
[ -r "$file" ] || fail E_REMOTE "$2 may not be read"
size=$(wc -c <"$file")
[ "$size" -le ${String(READ_LIMIT_BYTES)} ] || fail E_REMOTE "$2 is larger than ${String(READ_LIMIT_BYTES)} bytes"
printf 'content\000'
od -A n -v -t x1 <"$file"
printf '\000'`;

/** Null when nothing is there. */
export function readContent(fields: Fields): Uint8Array | null {
  const digits = fields.one('content');
  return digits === null ? null : Buffer.from(digits.replaceAll(/\s/g, ''), 'hex');
}
