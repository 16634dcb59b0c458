import { z } from 'zod';

const word = z.string().refine((text) => !/[\0\r\n]/.test(text), 'expected a text of one line');

/** A program and its arguments, run on the server as they are. */
export function programOption() {
  return z.tuple([word.min(1)], word, { error: 'expected a list of program and arguments: `[sudo, -n, …]`' });
}

export function pathOption() {
  return word.regex(/^\//, 'expected an absolute path on the server');
}

export function wordOption(pattern: RegExp, message: string) {
  return z.string().regex(pattern, message);
}
