import { CutoverError } from '../../contract/index.ts';
import { printable } from '../names.ts';

/** `E_SOURCE` that says which repository, what was asked of git and what it answered. */
export function gitError(
  repository: string,
  args: readonly string[],
  answer: { readonly stderr: string; readonly code?: string | undefined },
): CutoverError {
  if (answer.code === 'ENOENT') {
    return new CutoverError('E_SOURCE', `${repository} cannot be read because git was not found.`, {
      hint: 'Install git, or put it on the PATH.',
    });
  }
  if (/not a git repository/i.test(answer.stderr)) {
    return new CutoverError('E_SOURCE', `${repository} is not a git repository.`, {
      hint: 'Correct `source.git`, run git init there, or configure `source: { directory: … }`.',
    });
  }
  const trust = /dubious ownership[\s\S]*--add safe\.directory (.+)/.exec(answer.stderr)?.[1];
  if (trust !== undefined) {
    return new CutoverError('E_SOURCE', `git does not trust ${repository}: it belongs to another user.`, {
      hint: `If you do: git config --global --add safe.directory ${trust}`,
    });
  }
  const command = args.find((word) => !word.startsWith('-')) ?? '';
  const words = printable(answer.stderr.trim().split('\n').slice(-3).join(' '));
  return new CutoverError('E_SOURCE', `git ${command} failed in ${repository}: ${words}`);
}
