import type { Interfaces } from '@oclif/core';
import { whyAndWhere } from '../../../core/config/thrownAt.ts';
import { CutoverError } from '../../../core/contract/index.ts';

/** An installed package, as far as it can be blamed. */
export interface Package {
  readonly name: string;
  /** What to type, or to mend, where it is broken. */
  readonly wayOut: string;
}

/** One that is linked is being worked on: whoever does that wants to mend it. */
export function packageOf({ name, root, type }: Pick<Interfaces.Plugin, 'name' | 'root' | 'type'>): Package {
  const uninstall = `cutover plugins uninstall ${name}`;
  return { name, wayOut: type === 'link' ? `Mend it in ${root}, or: ${uninstall}` : uninstall };
}

/** What is wrong with a package, and what to do about it. */
export function packageFailure({ name, wayOut }: Package, what: string, cause?: unknown): CutoverError {
  const reason = cause === undefined ? '' : `: ${whyAndWhere(cause)}`;
  return new CutoverError('E_PLUGIN', `The plugin ${name} ${what}${reason}`, { hint: wayOut, cause });
}
