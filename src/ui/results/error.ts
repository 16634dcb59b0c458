import { escapeLines, escapeRemote } from '../escape.ts';
import type { Style } from '../style.ts';

export interface ErrorView {
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
}

/** What was attempted and why it failed, what to do next, and the code to look up. */
export function renderError(error: ErrorView, style: Style): readonly string[] {
  const [first = '', ...more] = escapeLines(error.message);
  const hint = error.hint === null ? [] : escapeLines(error.hint);
  return [
    `${style.red('✗')} ${style.bold(first)}`,
    ...more.map((line) => (line === '' ? '' : `  ${line}`)),
    ...hint.map((line, index) => `  ${index === 0 ? `${style.cyan('Hint:')} ` : '      '}${line}`),
    style.dim(`  ${escapeRemote(error.code)}`),
  ];
}
