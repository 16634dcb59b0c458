import type { Config, EnvironmentConfig } from '../config/types.ts';
import { CutoverError, errorCode, messageOf } from '../contract/index.ts';
import { liveRecord } from '../plan/planDeployment.ts';
import { foldLedger } from '../release/ledger.ts';
import type { Observation } from '../remote/observation.ts';
import type { CachedEntry, Snapshot } from '../sync/types.ts';
import { type ConfiguredSource, configuredSource, type MadeFrom } from './configuredSource.ts';
import type { Runtime } from './runtime.ts';

/** Gives a state of the source that has all of these files, as they were uploaded. */
export type FindContent = (
  server: string,
  seen: Observation,
  files: readonly CachedEntry[],
) => Promise<Pick<Snapshot, 'read'>>;

export interface ContentFinder extends AsyncDisposable {
  readonly find: FindContent;
}

/**
 * For git the commit that the cache was made of, and those of its releases; for a source of a plugin what these were
 * called; for a directory what it is now. Whatever has the very content will do. `find` throws `E_REFUSED`, naming what the
 * source does not have any more.
 */
export function contentFinder(
  runtime: Runtime,
  config: Config,
  { name: environment, branch }: EnvironmentConfig,
): ContentFinder {
  const signal = runtime.cancel;
  const sources: ConfiguredSource[] = [];
  const snapshots = new Map<string | null, Promise<Snapshot>>();
  const snapshotOf = (made: MadeFrom) => {
    const found = snapshots.get(made.revision);
    if (found !== undefined) return found;
    // One for each: asked again, a source may give up what it gave before.
    const source = configuredSource(runtime, config, { branch, signal });
    sources.push(source);
    const snapshot = source.again(made);
    snapshots.set(made.revision, snapshot);
    return snapshot;
  };
  return {
    async find(server, seen, files) {
      if (files.length === 0) return NOTHING;
      const reasons: string[] = [];
      for (const made of await candidatesIn(seen, config)) {
        try {
          const snapshot = await snapshotOf(made);
          const lacking = await lackingIn(snapshot, files, signal);
          if (lacking.length === 0) return snapshot;
          reasons.push(`${made.revision ?? 'it'} has another ${named(lacking)}`);
        } catch (error) {
          if (errorCode(error) !== 'E_SOURCE' && errorCode(error) !== 'E_REFUSED') throw error;
          reasons.push(messageOf(error));
        }
      }
      throw unavailable(server, environment, reasons);
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(sources.map((source) => source[Symbol.asyncDispose]()));
    },
  };
}

async function candidatesIn(seen: Observation, { source }: Config): Promise<readonly MadeFrom[]> {
  if (source.type === 'git') return (await commitsOf(seen)).map((revision) => ({ revision }));
  return source.type === 'plugin' ? releasesOf(seen) : [NOW];
}

const NOW: MadeFrom = { revision: null };

/** Those that the cache was made by, the newest first, and the one that is live. */
function releasesOf(seen: Observation): readonly MadeFrom[] {
  const ledger = foldLedger(seen.ledger);
  const made = seen.cache.head!.segments.toReversed().map((name) => ledger.get(releaseOfSegment(name)));
  const known = [...made, liveRecord(seen)].filter((record) => record !== undefined && record !== null);
  return [...new Map([...known, NOW].map((each) => [each.revision, each])).values()];
}

const NOTHING: Pick<Snapshot, 'read'> = { async *read() {} };

async function commitsOf(seen: Observation): Promise<readonly string[]> {
  const { commitNamedBy } = await import('../sync/git/state.ts');
  const ledger = foldLedger(seen.ledger);
  const { state, segments } = seen.cache.head!;
  const made = segments.toReversed().map((name) => ledger.get(releaseOfSegment(name))?.revision);
  const commits = [commitNamedBy(state), ...made, liveRecord(seen)?.revision];
  return [
    ...new Set(commits.filter((commit) => typeof commit === 'string' && COMMIT.test(commit))),
  ] as string[];
}

const COMMIT = /^[0-9a-f]{40,64}$/;

/** Its name begins with the release that it was written for. */
export function releaseOfSegment(name: string): string {
  return name.slice(0, RELEASE_DIGITS);
}

const RELEASE_DIGITS = 14;

async function lackingIn(
  snapshot: Snapshot,
  files: readonly CachedEntry[],
  signal: AbortSignal,
): Promise<readonly CachedEntry[]> {
  const held = new Map((await snapshot.manifest(signal)).map((entry) => [entry.path, entry]));
  return files.filter(({ path, hash, sizeBytes }) => {
    const entry = held.get(path);
    return entry?.kind !== 'file' || entry.hash !== hash || entry.sizeBytes !== sizeBytes;
  });
}

const NAMED = 3;

function named(files: readonly CachedEntry[]): string {
  const names = files.slice(0, NAMED).map(({ path }) => path);
  return names.join(', ') + (files.length > NAMED ? ` and ${files.length - NAMED} more` : '');
}

function unavailable(server: string, environment: string, reasons: readonly string[]): CutoverError {
  const why = reasons.length === 0 ? 'nobody knows which commit it was' : reasons.join('\n');
  return new CutoverError(
    'E_REFUSED',
    `${server}: the source cannot give any more what was uploaded: ${why}\nNothing was changed there.`,
    { server, hint: `cutover deploy ${environment} --full` },
  );
}
