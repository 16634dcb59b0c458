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

/** Options of a hook that reloads a daemon. */
export const reloadOptions = {
  /** Where the master's number is. Default: the only master that runs, of this user where there is no `command`. */
  pidFile: pathOption().optional(),
  /** What reloads it. Default: a signal, which needs a master of the same user. */
  command: programOption().optional(),
};
