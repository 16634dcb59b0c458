import type { HookConfig } from '../../config/types.ts';
import type { HookPoint } from '../../contract/index.ts';

/** The hook of the world at this point, once for each time it is named. */
export function hookAt(at: HookPoint, changes: Partial<HookConfig> = {}): HookConfig {
  return { at, name: 'spy', options: at, secrets: [], on: 'all', deadlineMs: null, ...changes };
}
