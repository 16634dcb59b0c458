import type { PluginSourceConfig, SourceConfig } from '../config/types.ts';
import { CutoverError } from '../contract/index.ts';
import type { Snapshot } from './types.ts';

/** Where the files of a deployment come from, unless a plugin brings them. */
export interface Source {
  /**
   * Fixes one state. `ref` is a branch, tag or commit of a git source; null is HEAD, and the only one that a
   * directory has. Rejects with `E_USAGE` (a ref for a directory), `E_SOURCE` (not there, not readable, changing),
   * `E_REFUSED` (it holds things that cannot be deployed, all of them listed), or the reason of the signal.
   */
  snapshot(options: SnapshotOptions): Promise<Snapshot>;
}

export interface SnapshotOptions {
  readonly ref: string | null;
  readonly signal: AbortSignal;
}

/**
 * Reads nothing yet; what a kind of source needs is loaded when it is used. `cacheDirectory`: where it may keep what it
 * found out about files, so that the next time only what has changed is read; null: nothing is kept.
 */
export function openSource(
  config: Exclude<SourceConfig, PluginSourceConfig>,
  cacheDirectory: string | null = null,
): Source {
  if (config.type === 'directory') {
    return {
      snapshot: async ({ ref, signal }) => {
        if (ref !== null) throw refForDirectory(ref, config.directory);
        const { directorySnapshot } = await import('./directory/snapshot.ts');
        return directorySnapshot(config, { signal, cacheDirectory });
      },
    };
  }
  return {
    snapshot: async (options) => {
      const { gitSnapshot } = await import('./git/snapshot.ts');
      return gitSnapshot(config, { ...options, cacheDirectory });
    },
  };
}

function refForDirectory(ref: string, directory: string): CutoverError {
  return new CutoverError(
    'E_USAGE',
    `The directory ${directory} has no ref ${ref}: it is deployed as it is.`,
    {
      hint: 'Leave --ref and branch out, or configure `source: { git: … }`.',
    },
  );
}
