import { CutoverError } from '../core/contract/index.ts';

/** Throws `E_USAGE` for what execve(2) could not pass on as it is. For programs that no shell starts. */
export function refuseUnusable(argv: readonly string[]): void {
  if (argv[0] === undefined || argv[0] === '')
    throw new CutoverError('E_USAGE', 'There is no program to run.');
  if (argv.some((word) => word.includes('\0'))) {
    throw new CutoverError('E_USAGE', 'A NUL byte cannot be passed to a program.');
  }
}
