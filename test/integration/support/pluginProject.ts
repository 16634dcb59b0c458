import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CutoverProcess, type CutoverResult, cutover, startCutover } from './cutover.ts';
import { scratch } from './scratch.ts';

export interface PluginProject extends AsyncDisposable {
  /** Its directory; `server` in it is the deploy path. */
  readonly path: string;
  readonly run: (...args: readonly string[]) => Promise<CutoverResult>;
  readonly start: (...args: readonly string[]) => CutoverProcess;
  /** Writes cutover.yaml, with more keys of the file and of its environment. */
  readonly configure: (more?: { readonly file?: string; readonly environment?: string }) => Promise<void>;
}

/** A configuration of a directory of this machine, `here`, with plugins of its own. */
export async function pluginProject(): Promise<PluginProject> {
  const directory = await scratch();
  // Nobody answers there: what is installed needs no registry.
  const env = {
    CUTOVER_DATA_DIR: join(directory.path, 'data'),
    npm_config_registry: 'http://127.0.0.1:1',
    npm_config_fetch_retries: '0',
  };
  const configure: PluginProject['configure'] = ({ file = '', environment = '' } = {}) =>
    writeFile(
      join(directory.path, 'cutover.yaml'),
      `application: shop
source: { directory: site }
${file}
environments:
  here:
    servers: { web1: { transport: local, path: ${directory.path}/server } }
    ${environment}\n`,
    );
  await mkdir(join(directory.path, 'site'));
  await writeFile(join(directory.path, 'site/index.html'), 'hello');
  await configure();
  return {
    path: directory.path,
    start: (...args) => startCutover(args, { cwd: directory.path, env }),
    run: (...args) => cutover(args, { cwd: directory.path, env }),
    configure,
    [Symbol.asyncDispose]: directory.remove,
  };
}
