import { mkdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { plainCommand, plainEnvironment, plainNotifier, plainServer } from '../../config/testing/plain.ts';
import type { Config, EnvironmentConfig, HookConfig } from '../../config/types.ts';
import {
  CutoverError,
  defineExtension,
  type Extension,
  type Hook,
  type HookContext,
  type HookPoint,
  NOTICE_EVENTS,
  type Notice,
  type Notifier,
  type Source,
  STEPS,
  type Transport,
} from '../../contract/index.ts';
import type { Event } from '../../journal/events.ts';
import { foldLedger, parseLedger } from '../../release/ledger.ts';
import type { Engine } from '../../remote/engine.ts';
import { shellEngine } from '../../remote/shell/index.ts';
import { linkTo, never } from '../../testing/engineHere.ts';
import { localTransport } from '../../testing/localConnection.ts';
import { pathWith, scratch } from '../../testing/scratch.ts';
import { type DeployRequest, deploy } from '../deploy.ts';
import type { TransactionResult } from '../results.ts';
import type { Runtime } from '../runtime.ts';

export interface WorldOptions {
  readonly servers?: readonly string[];
  readonly environment?: Partial<EnvironmentConfig>;
  /** Called at every point on every server. */
  readonly hook?: (at: HookPoint, context: HookContext) => Promise<void> | void;
  /** What these hooks declare. */
  readonly declares?: Omit<Hook, 'run'>;
  readonly notify?: (notice: Notice, signal: AbortSignal) => Promise<void> | void;
  /** Programs that stand before the real ones on one server. */
  readonly tools?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Brings the files, instead of a directory. */
  readonly fetch?: Source['fetch'];
  /** Instead of a plain connection to this machine. */
  readonly transport?: (server: string, plain: Transport) => Transport;
}

/** Servers that are directories of this machine, a source, and the program around. */
export interface World {
  readonly config: Config;
  readonly runtime: Runtime;
  readonly events: readonly Event[];
  readonly cancel: AbortController;
  readonly servers: readonly string[];
  at(server: string, ...names: string[]): string;
  /** Replaces the whole source. */
  write(files: Readonly<Record<string, string>>): Promise<void>;
  deploy(request?: Partial<DeployRequest>): Promise<TransactionResult>;
  engine(server: string): Engine;
  /** What one sees on a server: the text of `current`, the releases, what the ledger calls them, who holds the lock. */
  seen(server: string): Promise<Seen>;
}

export interface Seen {
  readonly current: string | null;
  readonly releases: readonly string[];
  readonly states: Readonly<Record<string, string>>;
  readonly lock: string | null;
}

export async function createWorld(options: WorldOptions = {}): Promise<World> {
  const { servers = ['web1', 'web2', 'web3'] } = options;
  const root = await scratch('cutover-world-');
  const source = join(root, 'source');
  const events: Event[] = [];
  const cancel = new AbortController();
  const transports = new Map<string, Transport>();
  for (const name of servers) {
    const tools = options.tools?.[name];
    const env = tools ? { ...process.env, PATH: await pathWith(tools) } : process.env;
    const plain = localTransport({ env });
    transports.set(name, options.transport?.(name, plain) ?? plain);
  }
  const runtime = runtimeOf(options, transports, join(root, 'state'), events, cancel);
  const config = configOf(options, servers, root, source);
  const world: World = {
    config,
    runtime,
    events,
    cancel,
    servers,
    at: (server, ...names) => join(root, server, ...names),
    async write(files) {
      await rm(source, { recursive: true, force: true });
      for (const [name, text] of Object.entries(files)) {
        await mkdir(dirname(join(source, name)), { recursive: true });
        await writeFile(join(source, name), text);
      }
    },
    deploy: (request = {}) => deploy(runtime, config, { ...PLAIN, ...request }),
    engine: (server) => shellEngine(linkTo(localTransport(), server), join(root, server)),
    async seen(server) {
      const seen = await world.engine(server).observe([], never);
      const ledger = await readFile(world.at(server, '.cutover', 'ledger'), 'utf8').catch(() => '');
      const states = [...foldLedger(parseLedger(ledger))].map(([id, { state }]) => [id, state]);
      return {
        current: await readlink(world.at(server, 'current')).catch(() => null),
        releases: seen.releases,
        states: Object.fromEntries(states),
        lock: seen.lock.record,
      };
    },
  };
  await world.write({ 'index.html': 'one' });
  return world;
}

export const PLAIN: DeployRequest = {
  environment: 'production',
  ref: null,
  servers: [],
  full: false,
  unpin: false,
  saved: null,
};

function configOf(options: WorldOptions, servers: readonly string[], root: string, source: string): Config {
  const hooks: HookConfig[] = STEPS.flatMap((step) =>
    (['before', 'after'] as const).map((when) => ({
      at: `${when}:${step}` as const,
      name: 'spy',
      options: `${when}:${step}`,
      secrets: [],
      on: 'all',
      deadlineMs: null,
    })),
  );
  const production = plainEnvironment({
    servers: servers.map((name) => plainServer(name, join(root, name), { options: name })),
    hooks: options.hook ? hooks : [],
    notify: options.notify ? [plainNotifier('spy', { events: NOTICE_EVENTS })] : [],
    ...options.environment,
  });
  return {
    file: join(root, 'cutover.yaml'),
    application: 'shop',
    source: options.fetch
      ? { type: 'plugin', name: 'spy', options: null, secrets: [], exclude: [], deadlineMs: null }
      : { type: 'directory', directory: source, exclude: [] },
    environments: { production },
  };
}

function runtimeOf(
  options: WorldOptions,
  transports: ReadonlyMap<string, Transport>,
  stateDirectory: string,
  events: Event[],
  cancel: AbortController,
): Runtime {
  // A second passes whenever somebody looks, so that no two releases are made at once.
  let seconds = 0;
  return {
    extensions: {
      transport: async () => made<Transport>((name) => transports.get(String(name))!),
      hook: async () =>
        made<Hook>((at) => ({
          ...options.declares,
          run: async (context) => options.hook?.(at as HookPoint, context),
        })),
      source: async () => made<Source>(() => ({ fetch: options.fetch! })),
      notifier: async () =>
        made<Notifier>(() => ({ notify: async (notice, { signal }) => options.notify?.(notice, signal) })),
    },
    emit: (event) => events.push(event),
    cancel: cancel.signal,
    now: () => new Date(Date.UTC(2026, 0, 1) + 1000 * seconds++),
    clockMs: () => performance.now(),
    by: 'me@here',
    pid: process.pid,
    stateDirectory,
    secret: async () => {
      throw new CutoverError('E_CONFIG', 'There are no secrets here.');
    },
    redact: (text) => text,
  };
}

function made<T>(create: (options: unknown) => T): Extension<T> {
  return defineExtension({ parse: (raw) => raw, create });
}

/** A command of the user's, on all servers, in the release. */
export function command(run: string): EnvironmentConfig['commands']['postUpload'][number] {
  return plainCommand(run);
}
