import { quote, quoteAll } from '../../contract/index.ts';
import type { FenceJournal } from '../engine.ts';
import { sh } from './sh.ts';

/**
 * A program for the server's `sh`: a fixed text, and values that reach it only as positional parameters.
 * What a user named (paths, branches, messages) is never part of the text.
 */
export interface Script {
  /** For messages: `activate`. */
  readonly name: string;
  readonly body: string;
  readonly args: readonly string[];
}

export interface RenderOptions {
  /** `data`: what follows the script on stdin is for its body. Default: nothing does. */
  readonly stdin?: 'none' | 'data';
  /** What to write into the journal of the open transaction, in this round trip. */
  readonly journal?: Pick<FenceJournal, 'after' | 'required'> & { readonly before: readonly string[] };
}

/**
 * The text sent to the stdin of `sh -s`. Its output stands between two lines with a nonce, so that neither a
 * start-up file that prints, nor one that exits with 0, can be taken for our program.
 * The body is a function, read whole before it runs, so that no command in it can eat the rest of the script.
 */
export function renderScript(script: Script, nonce: string, options: RenderOptions = {}): string {
  const { stdin = 'none', journal } = options;
  return [
    PREAMBLE,
    `main() {\n${script.body}\n}`,
    `printf '\\n%s begin\\n' ${nonce}`,
    ...(journal === undefined ? [] : journalVariables(journal)),
    `set -- ${quoteAll(script.args)}`,
    stdin === 'none' ? 'main "$@" </dev/null' : 'main "$@"',
    ...(journal === undefined ? [] : ['journal "$journal_after"']),
    `printf '%s end\\n' ${nonce}`,
    '',
  ].join('\n');
}

function journalVariables({
  before,
  after,
  required,
}: NonNullable<RenderOptions['journal']>): readonly string[] {
  return [
    `journal_before=${quote(before.join('\n'))}`,
    `journal_after=${quote(after ?? '')}`,
    `journal_required=${required ? 'yes' : 'no'}`,
  ];
}

/**
 * `field`: a name and a value, each ended by NUL, which no value can hold.
 * `fence`: only the owner of the highest lock generation may change anything; what is about to be done is in the
 * journal before it is.
 * `journal`: lines more in the journal of the open transaction.
 * `record`: one line more in the ledger, also after a line that was torn.
 * `is_of GENERATION RECORD`: the record stands beside its link as well (`lock.ts`), because a shell reads a file itself, and
 * starts a program for the text of a link.
 * `text_of LINK` sets `text`, empty where there is no link; `link_text` prints it.
 */
const PREAMBLE = sh`set -eu
LC_ALL=C; export LC_ALL
umask 022
field() { printf '%s\000%s\000' "$1" "$2"; }
fail() { field failure "$1 $2"; exit 97; }
journal_before=
journal_after=
journal_required=yes
journal_home=
enter() { cd -- "$1" 2>/dev/null || fail E_REMOTE "the deploy path $1 cannot be entered"; }
fence() {
  top=
  for each in .cutover/locks/g-*; do top=$each; done
  if [ "$top" != ".cutover/locks/$1" ] || ! is_of "$1" "$2"; then
    fail E_FENCED "$\{top##*/} $(readlink "$top")"
  fi
  journal_home=$PWD/.cutover/journals
  journal "$journal_before"
  journal_before=
}
is_of() {
  owner=
  { [ -L ".cutover/locks/$1" ] && IFS= read -r owner <".cutover/locks/of-$1"; } 2>/dev/null || :
  [ "$owner" = "$2" ] || [ "$(readlink ".cutover/locks/$1")" = "$2" ]
}
journal() {
  [ -n "$1" ] && [ -n "$journal_home" ] || return 0
  [ -d "$journal_home" ] || mkdir -p -m 0700 "$journal_home" || [ "$journal_required" = no ]
  add "$1" "$journal_home/open" '
' || [ "$journal_required" = no ]
}
record() {
  last=$(tail -n 1 .cutover/ledger 2>/dev/null || :; echo .)
  case $last in
    "$1." | "$1
.") ;;
    . | *"
.") add "$1" .cutover/ledger '' ;;
    *) add "$1" .cutover/ledger '
' ;;
  esac
}
add() {
  umask 077
  printf '%s%s\n' "$3" "$1" >>"$2" || { umask 022; return 1; }
  umask 022
}
link_text() { if [ -L "$1" ]; then readlink "$1"; fi; }
text_of() {
  text=
  if [ -L "$1" ]; then text=$(readlink "$1"); fi
}`;

/** The exit status of a script that said itself why it failed. */
export const FAILED_BY_ITSELF = 97;

export interface Fields {
  one(name: string): string | null;
  all(name: string): readonly string[];
}

/** What stands between the two lines, or why there is no such thing. */
export type Framed =
  | { readonly begun: false }
  | { readonly begun: true; readonly ended: boolean; readonly body: Buffer };

export function unframe(stdout: Uint8Array, nonce: string): Framed {
  const bytes = Buffer.from(stdout.buffer, stdout.byteOffset, stdout.byteLength);
  const opening = `\n${nonce} begin\n`;
  const start = bytes.indexOf(opening);
  if (start === -1) return { begun: false };
  const from = start + opening.length;
  const end = bytes.lastIndexOf(`${nonce} end\n`);
  return end === -1
    ? { begun: true, ended: false, body: bytes.subarray(from) }
    : { begun: true, ended: true, body: bytes.subarray(from, end) };
}

export function readFields(body: Buffer): Fields {
  const words = body.toString('utf8').split('\0');
  const table = new Map<string, string[]>();
  for (let index = 0; index + 1 < words.length; index += 2) {
    const values = table.get(words[index]!);
    if (values) values.push(words[index + 1]!);
    else table.set(words[index]!, [words[index + 1]!]);
  }
  return {
    one: (name) => table.get(name)?.at(-1) ?? null,
    all: (name) => table.get(name) ?? [],
  };
}
