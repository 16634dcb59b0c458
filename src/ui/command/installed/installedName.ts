import type { Config } from '@oclif/core';
import { closest } from '../../../core/config/closest.ts';
import { CutoverError } from '../../../core/contract/index.ts';
import { installedIn } from './registrations.ts';

/** The name of an installed package, of which a version may have been said too. Throws `E_USAGE` for another one. */
export function installedName(config: Config, text: string): string {
  const name = text.replace(/(?<!^)@[^/]*$/, '');
  const names = [...config.plugins.values()].flatMap((plugin) => installedIn(plugin)?.name ?? []);
  if (names.includes(name)) return name;
  const near = closest(name, names);
  throw new CutoverError('E_USAGE', `No plugin called ${name} is installed.`, {
    hint: near === null ? 'cutover plugins' : `cutover plugins uninstall ${near}`,
  });
}
