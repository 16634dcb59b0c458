import { READ_LIMIT_BYTES } from '../readPath.ts';
import type { Fields, Script } from './script.ts';
import { sh } from './sh.ts';

/** The content of a file below the deploy path, as hexadecimal digits: our fields are texts, and hold no NUL. Changes nothing. */
export function readFileScript(path: string, file: string): Script {
  return { name: `read ${file}`, body: BODY, args: [path, file] };
}

const BODY = sh`
cd -- "$1" 2>/dev/null || return 0
[ -e "./$2" ] || return 0
[ -f "./$2" ] || fail E_REMOTE "$2 is not a file"
[ -r "./$2" ] || fail E_REMOTE "$2 may not be read"
size=$(wc -c <"./$2")
[ "$size" -le ${String(READ_LIMIT_BYTES)} ] || fail E_REMOTE "$2 is larger than ${String(READ_LIMIT_BYTES)} bytes"
printf 'content\000'
od -A n -v -t x1 <"./$2"
printf '\000'`;

/** Null when nothing is there. */
export function readContent(fields: Fields): Uint8Array | null {
  const digits = fields.one('content');
  return digits === null ? null : Buffer.from(digits.replaceAll(/\s/g, ''), 'hex');
}
