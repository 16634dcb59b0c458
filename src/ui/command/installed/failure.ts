import { CutoverError, messageOf } from '../../../core/contract/index.ts';

/** What is wrong with a package, and the command that removes it. */
export function packageFailure(name: string, what: string, cause?: unknown): CutoverError {
  const reason = cause === undefined ? '' : `: ${messageOf(cause)}`;
  return new CutoverError('E_PLUGIN', `The plugin ${name} ${what}${reason}`, {
    hint: `cutover plugins uninstall ${name}`,
    cause,
  });
}
