import type { Notice } from '../../core/contract/index.ts';

/** The text of a notice for a service that shows the first line as a heading. `rest` may be empty. */
export function headAndRest(notice: Pick<Notice, 'text' | 'title'>): {
  readonly head: string;
  readonly rest: string;
} {
  const [head = '', ...rest] = textOf(notice).split('\n');
  return { head, rest: rest.join('\n').trim() };
}

/** What people read: lines ended by `\n`, no control characters, never empty. */
export function textOf({ text, title }: Pick<Notice, 'text' | 'title'>): string {
  return readable(text) || readable(title) || 'cutover';
}

function readable(text: string): string {
  return text
    .replaceAll(/\r\n?/g, '\n')
    .replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f]/g, '')
    .trim();
}
