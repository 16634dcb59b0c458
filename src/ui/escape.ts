/**
 * Makes text that came from elsewhere (a server, a commit, a path) harmless to a terminal and to a CI service, and
 * shows what was in it: C0 but tab, DEL, C1, line separators and bidi controls become `\xNN` or `\u{NNNN}`.
 * One line goes in and one comes out.
 *
 * CI services read commands from the log. GitHub's runner takes `::name::` at the start of a line, spaces before it
 * not counted, and `##[name]` anywhere in one (actions/runner, ActionCommand.cs); Azure takes `##vso[`, TeamCity
 * `##teamcity[`. A prefix alone does not stop those.
 */
export function escapeRemote(text: string): string {
  return text
    .replace(ACTING, visible)
    .replace(/^(\s*):(?=:)/u, '$1\\x3A')
    .replace(CI_BRACKET, '\\x23');
}

/** The lines of a text, each escaped. A line end at the very end begins no further line. */
export function escapeLines(text: string): readonly string[] {
  return text
    .replace(/(?:\r\n|\n|\r)$/, '')
    .split(/\r?\n/)
    .map(escapeRemote);
}

/** JSON of one value in which the same characters are written as `\uNNNN`, which every JSON reader turns back. */
export function jsonText(value: unknown, indent = 0): string {
  const text = JSON.stringify(value, null, indent) ?? 'null';
  return text.replace(ACTING_IN_JSON, unicodeEscape).replace(CI_BRACKET, '\\u0023');
}

const ACTING = /[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** Without the C0 set: JSON.stringify has escaped those of the strings, and what is left is its own indentation. */
const ACTING_IN_JSON = /[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

const CI_BRACKET = /#(?=#\w*\[)/g;

function visible(character: string): string {
  const code = character.charCodeAt(0);
  return code < 0x100 ? `\\x${hex(code, 2)}` : `\\u{${hex(code, 4)}}`;
}

function unicodeEscape(character: string): string {
  return `\\u${hex(character.charCodeAt(0), 4)}`;
}

function hex(code: number, digits: number): string {
  return code.toString(16).toUpperCase().padStart(digits, '0');
}
