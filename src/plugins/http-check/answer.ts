import type { Options } from './options.ts';

export type Answer =
  | { readonly type: 'answer'; readonly status: number; readonly headers: Headers; readonly body: string }
  /** `isLate`: when its time was up. */
  | { readonly type: 'none'; readonly why: string; readonly isLate: boolean };

export function matches(answer: Answer, wanted: Pick<Options, 'status' | 'contains' | 'header'>): boolean {
  if (answer.type === 'none') return false;
  return (
    wanted.status.includes(answer.status) &&
    (wanted.contains === undefined || answer.body.includes(wanted.contains)) &&
    Object.entries(wanted.header).every(([name, value]) => answer.headers.get(name) === value)
  );
}

export function showWanted({
  status,
  contains,
  header,
}: Pick<Options, 'status' | 'contains' | 'header'>): string {
  return [
    `status ${status.join(' or ')}`,
    ...(contains === undefined ? [] : [`a body with ${printable(contains)}`]),
    ...Object.entries(header).map(([name, value]) => `the header ${name}: ${printable(value)}`),
  ].join(', ');
}

export function showAnswer(answer: Answer): string {
  if (answer.type === 'none') return `no answer (${answer.why})`;
  const body =
    answer.body === '' ? 'an empty body' : `the body ${printable(answer.body.slice(0, SHOWN_CHARACTERS))}`;
  return `status ${answer.status}, ${body}`;
}

const SHOWN_CHARACTERS = 200;

/** Quoted, on one line, and without characters that move the cursor or turn the direction of writing. */
function printable(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
