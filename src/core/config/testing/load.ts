import { join } from 'node:path';
import { messageOf } from '../../contract/index.ts';
import { loadConfig } from '../loadConfig.ts';
import type { Config } from '../types.ts';
import { fakeExtensions } from './extensions.ts';
import { folderWith } from './folder.ts';

/** Loads a configuration with the fake extensions; messages show its name only. */
export async function load(text: string | Uint8Array, name = 'cutover.yaml'): Promise<Config> {
  const directory = await folderWith({ [name]: text });
  return loadConfig(join(directory, name), { extensions: fakeExtensions, directory });
}

/** What is wrong with a configuration, a line each, without the headline. */
export async function wrong(text: string | Uint8Array, name?: string): Promise<readonly string[]> {
  const error: unknown = await load(text, name).then(
    () => new Error('\nnothing is wrong'),
    (reason: unknown) => reason,
  );
  return messageOf(error).split('\n').slice(1);
}

/** A whole configuration around the lines of one environment, which begin in line 5. */
export function production(...lines: readonly string[]): string {
  const head = ['application: shop', 'source: { git: . }', 'environments:', '  production:'];
  const server = '    servers: { web1: { transport: here, path: /srv/shop } }';
  const own = lines.map((line) => `    ${line}`);
  const hasServers = lines.some((line) => line.startsWith('servers:'));
  return [...head, ...own, ...(hasServers ? [] : [server]), ''].join('\n');
}
