import type { SourceConfig } from '../../config/types.ts';
import type { TreeChanges } from '../changes.ts';
import { type BlockList, listBlocks } from '../knownBlocks.ts';
import type { FileContent, ManifestEntry, Snapshot } from '../types.ts';
import { type BlobReading, blobNamedBy, keeping } from './blobReading.ts';
import { readBlobs } from './blobs.ts';
import { type ChangesQuestion, changesBetween } from './changesBetween.ts';
import type { Repository } from './command.ts';
import { type Contents, type Origin, readContents } from './contents.ts';
import { type FoundPath, lookUp } from './lookUp.ts';
import { prefixOf } from './parts.ts';
import { type Revision, treeIn } from './revision.ts';
import { commitOfState, stateOf } from './state.ts';
import type { Top } from './top.ts';
import { type WholeTree, wholeTree } from './wholeTree.ts';

export interface SteadyQuestion extends Omit<ChangesQuestion, 'signal' | 'rules' | 'blobs'> {
  readonly config: Extract<SourceConfig, { type: 'git' }>;
  readonly revision: Revision;
  readonly top: Top;
  readonly blobs: BlobReading;
}

/** Of a commit whose tree depends on its objects alone: the commit and the rules are its name. */
export function steadySnapshot(
  question: SteadyQuestion,
): Pick<Snapshot, 'state' | 'manifest' | 'changesSince' | 'kindsOf' | 'read' | 'blocks'> {
  const { config, repository, revision, local, objects, blobs } = question;
  const changed = new Map<string, Origin>();
  const changedBlobs = keeping(blobs);
  let whole: WholeTree | null = null;
  const all = onceEach(async (commit: string, signal) => {
    whole = await wholeTree(repository, commit, config, blobs, signal);
    return whole;
  });

  const changesSinceCommit = onceEach(async (commit, signal): Promise<TreeChanges | null> => {
    const [old] = await objects.contents([`${commit}^{commit}`], signal);
    const tree = old && treeIn(old);
    if (!tree) return null;
    const found = await changesBetween(
      { ...question, blobs: changedBlobs, rules: config, signal },
      { commit, tree },
      revision,
    );
    for (const [path, origin] of found?.contents ?? []) changed.set(path, origin);
    return found?.changes ?? null;
  });

  async function origins(paths: readonly string[], signal: AbortSignal): Promise<Contents> {
    const unknown = whole === null ? paths.filter((path) => !changed.has(path)) : [];
    const found = await lookUp(lookUpQuestion(question, signal), unknown);
    const isPlain = unknown.every((path) => found?.get(path)?.object);
    const contents = whole?.contents ?? (isPlain ? null : (await all(revision.commit, signal)).contents);
    if (contents !== null) return contents;
    const plain = unknown.map((path) => {
      const object = found!.get(path)!.object!;
      return [path, { from: 'blob', repository, object } as const] as const;
    });
    return new Map([...changed, ...plain]);
  }

  async function* read(entries: readonly ManifestEntry[], signal: AbortSignal): AsyncGenerator<FileContent> {
    const files = entries.filter(({ kind }) => kind === 'file');
    const contents = await origins(
      files.map(({ path }) => path),
      signal,
    );
    yield* readContents(contents, files, signal, changedBlobs.kept);
  }

  return {
    state: stateOf(config, local, revision.commit),
    manifest: async (signal) => (await all(revision.commit, signal)).manifest,
    changesSince: async (state, signal) => {
      const commit = commitOfState(config, local, state);
      return commit === null ? null : changesSinceCommit(commit, signal);
    },
    kindsOf: async (paths, signal) => {
      const found = await lookUp(lookUpQuestion(question, signal), paths);
      return kindsOf(
        paths,
        found ?? new Map((await all(revision.commit, signal)).manifest.map((entry) => [entry.path, entry])),
      );
    },
    read,
    blocks: (content, signal) => blocksOf(repository, blobs, content, signal),
  };
}

/** An old blob that no run here has read is read now. */
async function blocksOf(
  repository: Repository,
  { blocks }: BlobReading,
  content: string,
  signal: AbortSignal,
): Promise<BlockList | null> {
  const known = await blocks.find(content);
  const object = blobNamedBy(content);
  if (known !== null || object === null) return known;
  for await (const { sizeBytes, chunks } of readBlobs(repository, [object], signal)) {
    const list = await listBlocks(sizeBytes, chunks);
    await blocks.keep(list, content);
    return list;
  }
  return null;
}

/** Several servers ask for the same; what failed is tried again. */
function onceEach<Result>(
  find: (commit: string, signal: AbortSignal) => Promise<Result>,
): (commit: string, signal: AbortSignal) => Promise<Result> {
  const found = new Map<string, Promise<Result>>();
  return async (commit, signal) => {
    const finding = found.get(commit) ?? find(commit, signal);
    found.set(commit, finding);
    try {
      return await finding;
    } catch (error) {
      found.delete(commit);
      throw error;
    }
  };
}

function lookUpQuestion({ config, top, ...rest }: SteadyQuestion, signal: AbortSignal) {
  const { attributes: above, object } = top;
  const prefix = prefixOf(config.subdirectory);
  return { ...rest, signal, prefix, above, top: object, exclude: config.exclude };
}

function kindsOf(
  paths: readonly string[],
  found: ReadonlyMap<string, Pick<FoundPath, 'kind'>>,
): ReadonlyMap<string, ManifestEntry['kind']> {
  return new Map(paths.flatMap((path) => (found.has(path) ? [[path, found.get(path)!.kind] as const] : [])));
}
