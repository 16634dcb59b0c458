import { CutoverError } from './errors.ts';

/**
 * One word for a POSIX shell: single quotes, where nothing is special but the quote itself
 * (POSIX.1-2017, 2.2.2). Throws `E_USAGE` on NUL, which no shell word can hold and which ends an SSH session.
 */
export function quote(word: string): string {
  if (word.includes('\0')) throw new CutoverError('E_USAGE', 'A NUL byte cannot be sent to a shell.');
  return /^[A-Za-z0-9_/.:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** A command line from a program and its arguments. */
export function quoteAll(argv: readonly string[]): string {
  return argv.map(quote).join(' ');
}
