import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where oclif's plugin commands install: the same as its own `config.dataDir`, which is known too late. */
export function dataDirectory(env: NodeJS.ProcessEnv): string {
  if (env.CUTOVER_DATA_DIR) return env.CUTOVER_DATA_DIR;
  return join(env.XDG_DATA_HOME || join(env.HOME || homedir(), '.local', 'share'), 'cutover');
}
