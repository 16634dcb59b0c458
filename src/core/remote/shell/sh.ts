/**
 * Shell text as it stands: backslashes are kept, and `$\{` is how `${` is written in a template literal. Without what
 * stands before and on lines of comment, because some shells read their program a byte at a time.
 * Only other shell texts of ours may be inserted, never a value.
 */
export function sh(text: TemplateStringsArray, ...texts: readonly string[]): string {
  return text.raw
    .map((part, index) => part.replaceAll('$\\{', '${') + (texts[index] ?? ''))
    .join('')
    .replace(/\n[ \t]+/g, '\n')
    .replace(/\n(?:#[^\n]*\n)+/g, '\n');
}
