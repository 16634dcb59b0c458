import { join } from 'node:path';
import type { Config } from '../config/types.ts';
import { openSource } from '../sync/source.ts';
import type { Snapshot } from '../sync/types.ts';
import type { Runtime } from './runtime.ts';

/** What the configuration names as the source. What it gave counts until it is disposed of, or asked again. */
export interface ConfiguredSource extends AsyncDisposable {
  /** What is to be deployed: `ref`, or the branch of the environment. Rejects as `Source.snapshot`. */
  snapshot(ref: string | null): Promise<Snapshot>;
  /** What a release was made from, once more, as far as the source can tell: whoever asks compares `state`. */
  again(made: MadeFrom): Promise<Snapshot>;
}

export interface MadeFrom {
  readonly revision: string | null;
  /** As `Snapshot.state`. */
  readonly manifest?: string | null;
}

export interface SourceUse {
  readonly branch: string | null;
  readonly signal: AbortSignal;
  /** `none`: nothing is kept of what is found out about files. `fresh`: nor does a plugin find what it left. */
  readonly keeping?: 'files' | 'none' | 'fresh';
}

export function configuredSource(
  runtime: Runtime,
  config: Config,
  { branch, signal, keeping = 'none' }: SourceUse,
): ConfiguredSource {
  const { source } = config;
  const cacheDirectory = keeping === 'files' ? join(runtime.stateDirectory, 'sources') : null;
  if (source.type === 'plugin') {
    const opening = import('./pluginSource.ts').then(({ openPluginSource }) =>
      openPluginSource(source, { runtime, config, cacheDirectory, isFresh: keeping === 'fresh' }),
    );
    return {
      snapshot: async (ref) => (await opening).fetch(ref ?? branch, signal),
      again: async (made) => (await opening).fetch(nameOf(made) ?? branch, signal),
      [Symbol.asyncDispose]: async () => (await opening)[Symbol.asyncDispose](),
    };
  }
  const opened = openSource(source, cacheDirectory);
  const isGit = source.type === 'git';
  return {
    snapshot: (ref) => opened.snapshot({ ref: ref ?? (isGit ? branch : null), signal }),
    again: ({ revision }) => opened.snapshot({ ref: isGit ? revision : null, signal }),
    [Symbol.asyncDispose]: async () => {},
  };
}

/** Where a source has no name for its content, that of the tree stands for it, which the source does not know. */
function nameOf({ revision, manifest }: MadeFrom): string | null {
  return revision === manifest ? null : revision;
}
