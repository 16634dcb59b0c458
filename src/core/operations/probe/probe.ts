import type { Config, ServerConfig } from '../../config/types.ts';
import {
  type Connection,
  type CutoverError,
  errorCode,
  messageOf,
  type Scope,
  type Transport,
} from '../../contract/index.ts';
import { chooseEngine } from '../../remote/chooseEngine.ts';
import { connect } from '../../remote/connect.ts';
import { openLink } from '../../remote/link.ts';
import type { Observation } from '../../remote/observation.ts';
import { environmentNamed, loginLimit, requireServers, requireUncancelled } from '../openGroup.ts';
import type { Runtime } from '../runtime.ts';
import { scopeFor } from '../scope.ts';
import { loginShell, measureByCommands } from './byCommands.ts';
import { extensionsOf, measureBySftp } from './bySftp.ts';
import type { ProbedServer, ProbeFailure, ProbeResult } from './result.ts';

const DEADLINE_MS = 60_000;

/**
 * What the way to each server is like: what its transport can do there, how long a round trip takes, how much passes.
 * A server that cannot be reached is part of the answer. Throws `E_USAGE` for names that do not exist.
 */
export async function probe(
  runtime: Runtime,
  config: Config,
  name: string,
  only: readonly string[],
): Promise<ProbeResult> {
  const environment = environmentNamed(config, name);
  requireServers(environment, only);
  const chosen = environment.servers.filter((server) => only.length === 0 || only.includes(server.name));
  const limit = loginLimit(environment);
  const servers = await Promise.all(
    chosen.map((server) => limit(() => probeServer(runtime, config, server))),
  );
  requireUncancelled(runtime.cancel);
  return { environment: name, servers };
}

async function probeServer(runtime: Runtime, config: Config, server: ServerConfig): Promise<ProbedServer> {
  const signal = AbortSignal.any([runtime.cancel, AbortSignal.timeout(DEADLINE_MS)]);
  const extension = await runtime.extensions.transport(server.transport);
  const scope = scopeFor(runtime, config, {
    what: `the transport ${server.transport}`,
    secrets: server.secrets,
    server: server.name,
    signal,
  });
  const transport = extension.create(server.options, scope);
  const named = { name: server.name, transport: server.transport, address: transport.address };
  const startedMs = runtime.clockMs();
  let connection: Connection;
  try {
    const unlessStopped = { ...scope, signal: runtime.cancel };
    connection = await connect(server.name, transport, unlessStopped, { longestMs: DEADLINE_MS });
  } catch (error) {
    return { ...named, ...NOTHING, failure: failureOf(error) };
  }
  const loginMs = runtime.clockMs() - startedMs;
  // What does not heed the signal ends with the connection.
  const close = () => void connection.close();
  signal.addEventListener('abort', close, { once: true });
  try {
    const around = { connection, path: server.path, clockMs: runtime.clockMs, signal };
    return { ...named, ...NOTHING, loginMs, ...(await look(around, named, scope)) };
  } finally {
    signal.removeEventListener('abort', close);
    await connection.close();
  }
}

const NOTHING = {
  loginMs: null,
  engine: null,
  shell: null,
  tools: [],
  sftp: null,
  line: null,
  notes: [],
  failure: null,
} as const;

/** A connection, and what is needed to measure it. */
export interface Around {
  readonly connection: Connection;
  /** The deploy path. */
  readonly path: string;
  readonly clockMs: () => number;
  readonly signal: AbortSignal;
}

/** One thing after the other: a server may allow one channel only, and what is measured has the line to itself. */
async function look(
  around: Around,
  { name, address }: Pick<ProbedServer, 'name' | 'address'>,
  scope: Scope,
): Promise<Partial<ProbedServer>> {
  const { connection } = around;
  const notes: string[] = [];
  const attempt = async <T>(what: string, work: () => Promise<T>): Promise<T | null> => {
    try {
      return await work();
    } catch (error) {
      notes.push(`${what}: ${messageOf(error)}`);
      return null;
    }
  };
  const there = { address, connect: async () => unclosed(connection) };
  const seen = await observe(there, name, around, scope);
  const engine = 'failure' in seen ? null : seen.noCommands === undefined ? 'shell' : 'sftp';
  const shell = engine === 'shell' ? await attempt('the login shell', () => loginShell(around)) : null;
  const { sftp } = connection;
  const extensions =
    sftp === undefined ? null : await attempt('SFTP', async () => extensionsOf(await sftp()));
  const line =
    engine === 'shell'
      ? await attempt('the line', () => measureByCommands(around))
      : extensions !== null
        ? await attempt('the line', () => measureBySftp(around, (note) => notes.push(note)))
        : null;
  return {
    engine,
    shell,
    tools: 'failure' in seen ? [] : [...seen.tools].sort(),
    sftp: extensions,
    line,
    notes,
    failure: 'failure' in seen ? seen.failure : null,
  };
}

/** As a deployment looks, which finds out by which engine it would go. */
async function observe(
  transport: Transport,
  name: string,
  { path, signal }: Around,
  scope: Scope,
): Promise<Observation | { readonly failure: ProbeFailure }> {
  const engine = chooseEngine(openLink(name, transport, scope), path);
  try {
    return await engine.observe([], signal);
  } catch (error) {
    return { failure: failureOf(error) };
  } finally {
    await engine.close();
  }
}

/** The same connection for a link, which closes its own when it is done. */
function unclosed(connection: Connection): Connection {
  return { ...connection, close: async () => {} };
}

function failureOf(error: unknown): ProbeFailure {
  const { hint } = error as Partial<CutoverError>;
  return { code: errorCode(error), message: messageOf(error), hint: hint ?? null };
}
