import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import type { SourceConfig } from '../../config/types.ts';
import { CutoverError, messageOf } from '../../contract/index.ts';
import { bytesOf, exclusion, type RawPath, rawPath } from '../exclusion.ts';
import { faithful } from '../fidelity.ts';
import { manifestHash } from '../manifestText.ts';
import { canonicalOrder } from '../order.ts';
import { refuseAll } from '../refusal.ts';
import type { FileContent, Manifest, ManifestEntry, Snapshot } from '../types.ts';
import { wholeOnly } from '../wholeOnly.ts';
import { openFile } from './openFile.ts';
import { type Found, walk } from './walk.ts';

/** The files of a directory as they are now: reading them again gives the same content, or `E_SOURCE`. */
export async function directorySnapshot(
  config: Extract<SourceConfig, { type: 'directory' }>,
  signal: AbortSignal,
): Promise<Snapshot> {
  await assertDirectory(config.directory);
  const root = rawPath(config.directory);
  const { found, refusals } = await walk(root, exclusion(config.exclude), signal);
  refuseAll(config.directory, refusals);
  const manifest = await describeAll(root, canonicalOrder(found), signal);
  const state = `sha256:${manifestHash(manifest)}`;
  return {
    revision: state,
    state,
    branch: null,
    message: null,
    author: null,
    ...wholeOnly(manifest, state),
    read: (entries, during) => readFiles(root, entries, during),
  };
}

/** After so many files the event loop gets its turn. */
const FILES_AT_A_TIME = 64;

async function assertDirectory(directory: string): Promise<void> {
  const details = { hint: 'Correct `source.directory` in the configuration, or build it first.' };
  const found = await stat(directory).catch((cause: unknown) => {
    const message = `The source directory ${directory} cannot be read: ${messageOf(cause)}.`;
    throw new CutoverError('E_SOURCE', message, { ...details, cause });
  });
  if (!found.isDirectory()) throw new CutoverError('E_SOURCE', `${directory} is not a directory.`, details);
}

async function describeAll(root: RawPath, found: readonly Found[], signal: AbortSignal): Promise<Manifest> {
  const entries: ManifestEntry[] = [];
  for (const [index, item] of found.entries()) {
    if (index % FILES_AT_A_TIME === 0) await breathe(signal);
    entries.push(await describe(root, item, signal));
  }
  return entries;
}

async function describe(root: RawPath, found: Found, signal: AbortSignal): Promise<ManifestEntry> {
  const { kind, path } = found;
  if (kind === 'directory') return { path, kind, mode: 0o755, sizeBytes: 0, hash: '' };
  const hash = createHash('sha256');
  if (kind === 'link') {
    const { target } = found;
    const sizeBytes = Buffer.byteLength(target);
    return { path, kind, mode: 0o777, sizeBytes, hash: hash.update(target).digest('hex'), target };
  }
  const file = open(root, path);
  for await (const chunk of file.chunks()) {
    signal.throwIfAborted();
    hash.update(chunk);
  }
  const mode = (file.mode & 0o100) === 0 ? 0o644 : 0o755;
  return { path, kind, mode, sizeBytes: file.sizeBytes, hash: hash.digest('hex') };
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
  return openFile(bytesOf(`${root}/${rawPath(path)}`), Buffer.from(path));
}

async function breathe(signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await setImmediate();
}
