import type { Config } from '@oclif/core';
import { closest } from '../../../core/config/closest.ts';
import { CutoverError } from '../../../core/contract/index.ts';
import { installedIn, isOwn } from './registrations.ts';

/** The name of an installed package, of which a version may have been said too. Throws `E_USAGE` for another one. */
export function installedName(config: Config, text: string): string {
  const name = withoutVersion(text);
  const names = [...config.plugins.values()].flatMap((plugin) => installedIn(plugin)?.name ?? []);
  if (names.includes(name)) return name;
  const near = closest(name, names);
  throw new CutoverError('E_USAGE', `No plugin called ${name} is installed.`, {
    hint: near === null ? 'cutover plugins' : `cutover plugins uninstall ${near}`,
  });
}

/** Throws `E_USAGE` for a package that the program consists of: installed once more, it would never be used. */
export function requireForeign(config: Config, text: string): void {
  const name = withoutVersion(text);
  if (!isOwn(config, name)) return;
  throw new CutoverError('E_USAGE', `${name} is a part of this program already.`, {
    hint: 'cutover plugins --core',
  });
}

function withoutVersion(text: string): string {
  return text.replace(/(?<!^)@[^/]*$/, '');
}
