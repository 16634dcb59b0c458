/** One character for HTML and what is like it. Slack: https://docs.slack.dev/messaging/formatting-message-text */
export function escapeHtml(character: string): string {
  return HTML[character] ?? character;
}

/** The same, for lines of text. */
export function escapeHtmlLines(character: string): string {
  return character === '\n' ? '<br>' : escapeHtml(character);
}

const HTML: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** For services that look for `@somebody` in plain text: the same to the eye, with a word joiner (U+2060) behind the sign. */
export function withoutMentions(text: string): string {
  return text.replaceAll(/@(?=[\p{L}\p{N}_])/gu, '@\u2060');
}
