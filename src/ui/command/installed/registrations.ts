import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Config, Interfaces } from '@oclif/core';
import type { Plugin } from '../../../core/contract/index.ts';
import { faultOf } from '../../../core/registry/offers.ts';
import { packageFailure, packageOf } from './failure.ts';
import { importFrom, watched } from './importFrom.ts';
import { type InstalledPlugin, REGISTER } from './oclifPlugin.ts';
import { shareContract } from './shareContract.ts';

export interface RegisterOptions {
  readonly register: (plugin: Plugin) => void;
}

/** What a package registers. Rejects with `E_PLUGIN`, naming the package, for whatever goes wrong with it. */
export async function registeredBy(plugin: Interfaces.Plugin): Promise<readonly Plugin[]> {
  const installed = installedIn(plugin)?.installed;
  if (installed) shareContract();
  const from = packageOf(plugin);
  const problem = installed?.problem ?? null;
  if (problem !== null) throw packageFailure(from, 'cannot be read', problem);
  const hooks = plugin.hooks[REGISTER] ?? [];
  const registered: Plugin[] = [];
  let isOver = false;
  const register = (each: Plugin) => {
    // Nobody catches what is thrown there; what is rejected is told as a problem, and ends nothing.
    if (isOver) Promise.reject(packageFailure(from, 'registered something after its function had come back'));
    else registered.push(each);
  };
  for (const { target, identifier } of hooks) {
    const module = await importFrom(from, fileOf(plugin.root, target), 'could not be loaded');
    const handler = module[identifier];
    if (typeof handler !== 'function')
      throw packageFailure(
        from,
        `exports no function "${identifier}" from ${target}. What it needs: ${exporting(identifier)}`,
      );
    await watched(from, 'failed to register', () => (handler as Handler)({ register }));
  }
  isOver = true;
  if (hooks.length > 0 && registered.length === 0) {
    const how = 'its function has to call register before it, or its promise, is done.';
    throw packageFailure(from, `registered nothing: ${how}`);
  }
  for (const each of registered) {
    const fault = faultOf(each);
    if (fault !== null) throw packageFailure(from, fault);
  }
  return registered;
}

function exporting(identifier: string): string {
  const start = identifier === 'default' ? 'export default' : `export const ${identifier} =`;
  return `${start} ({ register }) => register({ api: 1, name: …, hooks: … });`;
}

type Handler = (options: RegisterOptions) => Promise<void> | void;

/** What we know of a plugin that was installed; null for one of this program's own. */
export function installedIn(plugin: Interfaces.Plugin): InstalledPlugin | null {
  return 'installed' in plugin ? (plugin as InstalledPlugin) : null;
}

/** Whether the program itself consists of this package, so that no other one may be called so. */
export function isOwn({ plugins }: Config, name: string): boolean {
  const plugin = plugins.get(name);
  return plugin !== undefined && installedIn(plugin) === null;
}

function fileOf(root: string, target: string): string {
  const file = join(root, target);
  return !existsSync(file) && existsSync(`${file}.js`) ? `${file}.js` : file;
}
