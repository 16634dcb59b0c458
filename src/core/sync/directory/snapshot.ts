import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { SourceConfig } from '../../config/types.ts';
import { CutoverError, messageOf } from '../../contract/index.ts';
import { bytesOf, type Exclusion, exclusion, type RawPath, rawPath } from '../exclusion.ts';
import { faithful } from '../fidelity.ts';
import { type KnownBlocks, knownBlocks } from '../knownBlocks.ts';
import { manifestHash } from '../manifestText.ts';
import { refuseAll } from '../refusal.ts';
import type { FileContent, Manifest, ManifestEntry, Snapshot } from '../types.ts';
import { wholeOnly } from '../wholeOnly.ts';
import { breathe, describeAll, FILES_AT_A_TIME } from './describe.ts';
import { type Disk, realDisk } from './disk.ts';
import { openFile, readRange } from './openFile.ts';
import { settledAt } from './settled.ts';
import { statCache } from './statCache.ts';
import { statTableStore } from './statTableStore.ts';
import { walk } from './walk.ts';

type DirectoryConfig = Extract<SourceConfig, { type: 'directory' }>;

export interface DirectoryOptions {
  readonly signal: AbortSignal;
  /**
   * Where is kept what files were like when they were read, so that only those are read again that have changed. It
   * is made when it is not there. Null: every file is read.
   */
  readonly cacheDirectory: string | null;
  /** What is kept is about this, one line. Default: the path of the directory. */
  readonly about?: string;
  /** Default: the real one. */
  readonly disk?: Disk;
}

/** The files of a directory as they are now: reading them again gives the same content, or `E_SOURCE`. */
export async function directorySnapshot(
  config: DirectoryConfig,
  options: DirectoryOptions,
): Promise<Snapshot> {
  await assertDirectory(config.directory);
  const root = rawPath(config.directory);
  const blocks = knownBlocks(options.cacheDirectory);
  const manifest = await manifestOf(root, config, options, blocks);
  const state = `sha256:${manifestHash(manifest)}`;
  return {
    revision: state,
    state,
    branch: null,
    message: null,
    author: null,
    ...wholeOnly(manifest, state),
    read: (entries, during) => readFiles(root, entries, during),
    range: async (entry, range, during) => {
      during.throwIfAborted();
      return readRange(absolute(root, entry.path), Buffer.from(entry.path), range);
    },
    blocks: (content) => blocks.find(content),
  };
}

async function assertDirectory(directory: string): Promise<void> {
  const details = { hint: 'Correct `source.directory` in the configuration, or build it first.' };
  const found = await stat(directory).catch((cause: unknown) => {
    const message = `The source directory ${directory} cannot be read: ${messageOf(cause)}.`;
    throw new CutoverError('E_SOURCE', message, { ...details, cause });
  });
  if (!found.isDirectory()) throw new CutoverError('E_SOURCE', `${directory} is not a directory.`, details);
}

async function manifestOf(
  root: RawPath,
  config: DirectoryConfig,
  { signal, cacheDirectory, about = resolve(config.directory), disk = realDisk }: DirectoryOptions,
  blocks: KnownBlocks,
): Promise<Manifest> {
  const settled = settledAt(disk, bytesOf(root));
  const { found, refusals } = await walk(root, rulesOf(config.exclude), signal);
  refuseAll(config.directory, refusals);
  if (cacheDirectory === null) return describeAll(root, found, null, disk, signal, blocks);
  const store = statTableStore(cacheDirectory, JSON.stringify([about, config.exclude]));
  const cache = statCache(store.load(), settled);
  const manifest = await describeAll(root, found, cache, disk, signal, blocks);
  await store.save(cache.changed());
  return manifest;
}

/** The patterns' engine takes its time for every path, also when there are no patterns, as there mostly are none. */
function rulesOf(patterns: readonly string[]): Exclusion {
  if (patterns.length > 0) return exclusion(patterns);
  return {
    excludes: () => false,
    withIgnoreFile: (directory, content) => exclusion([]).withIgnoreFile(directory, content),
  };
}

async function* readFiles(
  root: RawPath,
  entries: readonly ManifestEntry[],
  signal: AbortSignal,
): AsyncGenerator<FileContent> {
  const files = entries.filter((entry) => entry.kind === 'file');
  for (const [index, entry] of files.entries()) {
    if (index % FILES_AT_A_TIME === 0) await breathe(signal);
    yield { entry, chunks: readFile(root, entry, signal) };
  }
}

/** Opens only when it is read, so that a file nobody reads is not left open. */
async function* readFile(
  root: RawPath,
  entry: ManifestEntry,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of faithful(entry, open(root, entry.path).chunks())) {
    signal.throwIfAborted();
    yield chunk;
  }
}

function open(root: RawPath, path: string) {
  return openFile(absolute(root, path), Buffer.from(path));
}

function absolute(root: RawPath, path: string): Buffer {
  return bytesOf(`${root}/${rawPath(path)}`);
}
