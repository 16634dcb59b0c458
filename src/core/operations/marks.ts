import type { Config } from '../config/types.ts';
import { CutoverError, messageOf } from '../contract/index.ts';
import type { Engine } from '../remote/engine.ts';
import { type Mark, type MarkName, markInForce } from '../remote/marks.ts';
import type { Observation } from '../remote/observation.ts';
import { allSeen, environmentNamed, openGroup, settleGroup } from './openGroup.ts';
import type { MarkedServer, MarksResult } from './results.ts';
import type { Runtime } from './runtime.ts';

export interface MarkRequest {
  readonly environment: string;
  readonly name: MarkName;
  /** Servers by name; empty: all. */
  readonly servers: readonly string[];
  /** Null: the mark is taken away. */
  readonly set: { readonly reason: string; readonly until: Until | null } | null;
}

/** A time, or so long from now on by the server's clock. */
export type Until = { readonly at: Date } | { readonly afterMs: number };

const DEADLINE_MS = 60_000;
const LONGEST_REASON = 1000;

/**
 * Sets a mark, or takes it away, on every server that can be reached; the others are part of the answer. Throws `E_USAGE` for a
 * reason that says nothing or a time that is over, and as `observeGroup` when no server can be reached.
 */
export async function mark(runtime: Runtime, config: Config, request: MarkRequest): Promise<MarksResult> {
  const { name, servers } = request;
  const set = request.set && { ...request.set, reason: request.set.reason.trim() };
  if (set !== null) requireSense(set, runtime.now());
  const environment = environmentNamed(config, request.environment);
  await using group = await openGroup(runtime, config, environment, servers);
  const looks = await settleGroup(group, runtime.cancel);
  if ([...looks.values()].every(({ status }) => status === 'rejected')) allSeen(looks);
  const now = runtime.now();
  const marked = [...looks].map(async ([server, look]): Promise<MarkedServer> => {
    if (look.status === 'rejected') return failed(server, look.reason);
    const { clock } = look.value;
    const before = markInForce(look.value[name], clock, now);
    const after = set && {
      by: runtime.by,
      at: now.toISOString(),
      reason: set.reason,
      until: end(set.until, clock ?? now),
    };
    try {
      await change(group.engines.get(server)!, name, after, look.value);
      return { name: server, before, after, error: null };
    } catch (error) {
      return failed(server, error);
    }
  });
  return { environment: environment.name, mark: name, servers: await Promise.all(marked) };
}

async function change(engine: Engine, name: MarkName, after: Mark | null, seen: Observation): Promise<void> {
  const signal = AbortSignal.timeout(DEADLINE_MS);
  if (after !== null) return engine.setMark(name, after, signal);
  if (seen[name] !== null) await engine.clearMark(name, signal);
}

function failed(name: string, error: unknown): MarkedServer {
  return { name, before: null, after: null, error: messageOf(error) };
}

function end(until: Until | null, clock: Date): string | null {
  if (until === null) return null;
  return ('at' in until ? until.at : new Date(clock.getTime() + until.afterMs)).toISOString();
}

function requireSense({ reason, until }: NonNullable<MarkRequest['set']>, now: Date): void {
  if (reason === '') throw new CutoverError('E_USAGE', 'The reason is empty: say why.');
  if (reason.length > LONGEST_REASON)
    throw new CutoverError('E_USAGE', `The reason is too long: ${LONGEST_REASON} letters are enough.`);
  if (until !== null && 'at' in until && until.at <= now)
    throw new CutoverError('E_USAGE', `--until ${until.at.toISOString()} is over already.`);
}
