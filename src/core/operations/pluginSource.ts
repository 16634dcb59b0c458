import { hash } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { canonicalJson } from '../config/canonicalJson.ts';
import { plainOptions } from '../config/plainOptions.ts';
import type { Config, PluginSourceConfig } from '../config/types.ts';
import { CutoverError, type Extension, type Fetched, type Source } from '../contract/index.ts';
import type { Snapshot } from '../sync/types.ts';
import { type FetchDirectory, takeFetchDirectory } from './fetchDirectory.ts';
import { emitNow, type Runtime } from './runtime.ts';
import { scopeFor } from './scope.ts';
import { withinSourceDeadline } from './sourceDeadline.ts';

export interface PluginSource extends AsyncDisposable {
  /**
   * Has the plugin bring what `ref` names; what an earlier call brought is gone then. Rejects with `E_SOURCE` when it
   * throws or is at it for longer than it may, and as the snapshot of a directory does.
   */
  fetch(ref: string | null, signal: AbortSignal): Promise<Snapshot>;
}

export interface PluginSourceOptions {
  readonly runtime: Runtime;
  readonly config: Config;
  /** As for a directory. */
  readonly cacheDirectory: string | null;
  /** The plugin begins with nothing. */
  readonly isFresh: boolean;
}

/** Takes a directory with the first call, and holds it until it is disposed of. */
export function openPluginSource(source: PluginSourceConfig, options: PluginSourceOptions): PluginSource {
  const { runtime, config } = options;
  let directory: FetchDirectory | null = null;
  /** What is there is not what a call has brought to its end. */
  let isBroken = false;
  let isAtWork = false;
  let ending: Promise<unknown> = Promise.resolve();
  const over = new AbortController();
  return {
    async fetch(ref, cancel) {
      const signal = AbortSignal.any([cancel, over.signal]);
      const extension = await runtime.extensions.source(source.name);
      const from = extension.from ?? null;
      directory ??= await takeFetchDirectory(placeOf(source, options));
      isBroken = true;
      const request = { ref, directory: directory.path };
      const limits = { deadlineMs: source.deadlineMs, cancel: signal, from };
      const fetching = withinSourceDeadline(source.name, limits, (signal) => {
        isAtWork = true;
        return bring(extension, { runtime, config, source }, request, signal).finally(() => {
          isAtWork = false;
        });
      });
      ending = fetching.catch(() => {});
      const fetched = checked(await tellingOfIt(runtime, source.name, fetching), source.name, from);
      isBroken = false;
      const { directorySnapshot } = await import('../sync/directory/snapshot.ts');
      const snapshot = await directorySnapshot(
        { type: 'directory', directory: directory.path, exclude: source.exclude },
        { signal, cacheDirectory: options.cacheDirectory, about: `fetched ${keyOf(source, config)}` },
      );
      return { ...snapshot, ...fetched, revision: fetched.revision ?? snapshot.state, branch: ref };
    },
    async [Symbol.asyncDispose]() {
      over.abort();
      await ending;
      // One that goes on although it was asked to stop may still write there: a later run clears it away.
      if (isAtWork) return;
      // It only spares work.
      await (isBroken ? directory?.drop() : directory?.keep())?.catch(() => {});
    },
  };
}

/** Whoever waits for as long as this wants to know what for. */
const SLOW_MS = 1_000;

async function tellingOfIt<T>(runtime: Runtime, name: string, fetching: Promise<T>): Promise<T> {
  const message = `Asking the source ${name} …`;
  const timer = setTimeout(() => emitNow(runtime, { type: 'log', server: null, message }), SLOW_MS);
  return fetching.finally(() => clearTimeout(timer));
}

function placeOf(source: PluginSourceConfig, { runtime, config, isFresh }: PluginSourceOptions) {
  const { stateDirectory, pid } = runtime;
  return {
    parent: join(stateDirectory, 'fetched'),
    key: keyOf(source, config),
    pid,
    host: hash('sha256', hostname()).slice(0, 12),
    now: runtime.now(),
    isFresh,
  };
}

/** What other options brought is no beginning for these. */
function keyOf({ name, options }: PluginSourceConfig, { file }: Config): string {
  return hash('sha256', canonicalJson(plainOptions([file, name, options]))).slice(0, 32);
}

async function bring(
  extension: Extension<Source>,
  {
    runtime,
    config,
    source,
  }: Pick<PluginSourceOptions, 'runtime' | 'config'> & { readonly source: PluginSourceConfig },
  request: { readonly ref: string | null; readonly directory: string },
  signal: AbortSignal,
): Promise<Fetched> {
  const { name, options, secrets } = source;
  const scope = scopeFor(runtime, config, { what: `the source ${name}`, secrets, server: null, signal });
  return extension.create(options, scope).fetch(request, scope);
}

const CONTROL = /\p{Cc}/u;

/** A revision goes into ledgers and variables: it has to be one line. Of other texts the first one counts, as of a commit. */
function checked(
  fetched: unknown,
  name: string,
  from: string | null,
): Pick<Snapshot, 'message' | 'author'> & Fetched {
  const { revision, message, author } = (fetched ?? {}) as Partial<Record<keyof Fetched, unknown>>;
  const isName = typeof revision === 'string' && revision !== '' && !CONTROL.test(revision);
  if (revision !== null && !isName) {
    const gave = revision === undefined ? 'no revision' : `${shown(revision)} as its revision`;
    throw new CutoverError(
      'E_PLUGIN',
      `The source ${name} gave ${gave}: it must be one line of text, or null.`,
      { hint: `This is a fault of the plugin${from === null ? '' : ` ${from}`}.` },
    );
  }
  return { revision, message: firstLine(message), author: firstLine(author) };
}

function shown(revision: unknown): string {
  const text = JSON.stringify(revision) ?? typeof revision;
  return text.length <= MOST_SHOWN ? text : `${text.slice(0, MOST_SHOWN)}…`;
}

const MOST_SHOWN = 100;

function firstLine(text: unknown): string | null {
  return typeof text === 'string' ? (text.split(/\r?\n/, 1)[0] ?? null) : null;
}
