/**
 * How many columns a text takes, at most: terminals disagree about emoji sequences and new characters, so each code
 * point counts for itself and the wider opinion wins. Colours (SGR) count nothing.
 */
export function displayWidth(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let width = 0;
  for (const [token] of text.matchAll(TOKEN)) width += tokenWidth(token);
  return width;
}

/** The text, or as much of its start as fits with `…` behind it. */
export function cut(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text;
  let kept = '';
  let width = 1;
  for (const [token] of text.matchAll(TOKEN)) {
    width += tokenWidth(token);
    if (width > columns) break;
    kept += token;
  }
  if (columns < 1) return '';
  return `${kept}…${kept.includes('\x1b') ? '\x1b[0m' : ''}`;
}

export function pad(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - displayWidth(text)));
}

export function padStart(text: string, columns: number): string {
  return ' '.repeat(Math.max(0, columns - displayWidth(text))) + text;
}

/** A colour, or one code point. */
const TOKEN = /\x1b\[[0-9;]*m|./gsu;

function tokenWidth(token: string): number {
  if (token.startsWith('\x1b')) return 0;
  if (NOTHING.test(token)) return 0;
  return WIDE.test(token) ? 2 : 1;
}

/** Combining marks and joiners, but not U+FE0F: it makes the character before it an emoji, one column wider. */
const NOTHING = /^(?!\ufe0f)[\p{Mn}\p{Me}\u200b-\u200d\u2060-\u2064]$/u;

/** East Asian Width W and F (Unicode 16, EastAsianWidth.txt), roughly, and every emoji. */
const WIDE =
  /^[\p{Emoji_Presentation}\u1100-\u115f\u2329\u232a\u2630-\u2637\u268a-\u268f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{16fe0}-\u{18dff}\u{1aff0}-\u{1b2ff}\u{1d300}-\u{1d37f}\u{1f000}-\u{1faff}\u{20000}-\u{3fffd}]$/u;
