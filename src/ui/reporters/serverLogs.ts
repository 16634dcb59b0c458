import { appendFileSync, mkdirSync, readdirSync, rmSync, statSync, utimesSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { messageOf } from '../../core/contract/index.ts';
import type { Event } from '../../core/journal/events.ts';
import type { Plan } from '../../core/plan/types.ts';
import type { Clock } from '../clock.ts';
import type { Reporter } from './reporter.ts';
import { serverLogText } from './serverLogText.ts';
import { isOfIdleStep } from './story.ts';

/** A file a server, with all that happened there. */
export interface ServerLogs extends Reporter {
  /** Of this run; null where nothing has begun. */
  directory(): string | null;
  /** What could not be written. */
  problems(): readonly string[];
}

export interface ServerLogOptions {
  readonly stateDirectory: string;
  readonly clock: Clock;
  /** Is called once at the most. */
  readonly tellProblem: (message: string) => void;
}

const FLUSH_EVERY_MS = 500;
const MOST_BUFFERED = 16_384;
const KEPT_RELEASES = 20;
/** What is told of a server before it is known what is deployed. */
const MOST_EARLY = 1_000;

/**
 * Writes `logs/APPLICATION-ENVIRONMENT/RELEASE/SERVER.log` (mode 0600, directories 0700) as it goes; a run that goes on
 * with a release, or back to it, goes on with its files. Of an environment the logs of the last 20 releases stay. What is
 * not written within half a second is written when the buffer is full, and at the end. No descriptor is kept: there may
 * be hundreds of servers.
 */
export function serverLogs({ stateDirectory, clock, tellProblem }: ServerLogOptions): ServerLogs {
  const buffers = new Map<string, string>();
  const problems: string[] = [];
  let early: Event[] = [];
  let directory: string | null = null;
  let plan: Plan | null = null;
  let isOver = false;

  const attempt = (what: string, work: () => void) => {
    if (problems.length > 0) return;
    try {
      work();
    } catch (error) {
      const message = `${what} could not be written, and the logs of this run end there: ${messageOf(error)}`;
      problems.push(message);
      buffers.clear();
      tellProblem(message);
    }
  };
  const flush = (server: string) => {
    const text = buffers.get(server);
    if (text === undefined || text === '') return;
    buffers.set(server, '');
    const path = serverLogPath(directory!, server);
    attempt(`the log ${path}`, () => appendFileSync(path, text, { mode: 0o600 }));
  };
  const flushAll = () => {
    for (const server of buffers.keys()) flush(server);
  };
  const note = (event: Event) => {
    const server = 'server' in event ? event.server : null;
    if (isOfIdleStep(event, plan)) return;
    const text = serverLogText(event)
      .map((line) => `${line}\n`)
      .join('');
    for (const name of server === null ? [...buffers.keys()] : [server]) {
      const buffered = (buffers.get(name) ?? '') + text;
      buffers.set(name, buffered);
      if (isOver || buffered.length >= MOST_BUFFERED) flush(name);
    }
  };
  const begin = (begun: Plan) => {
    plan = begun;
    const made = logDirectory(stateDirectory, plan);
    directory = made;
    attempt(`the logs in ${made}`, () => {
      mkdirSync(made, { recursive: true, mode: 0o700 });
      utimesSync(made, new Date(), new Date());
      removeOld(made);
    });
    for (const { name } of plan.servers) buffers.set(name, '');
    for (const event of early) note(event);
    early = [];
  };
  const stop = clock.every(FLUSH_EVERY_MS, flushAll);

  return {
    event(event) {
      if (event.type === 'opened' || event.type === 'resumed') begin(event.plan);
      if (problems.length > 0) return;
      if (directory !== null) note(event);
      else if (early.length < MOST_EARLY) early.push(event);
    },
    end() {
      isOver = true;
      stop();
      flushAll();
    },
    directory: () => directory,
    problems: () => problems,
  };
}

export function serverLogPath(directory: string, server: string): string {
  return join(directory, `${fileName(server)}.log`);
}

function logDirectory(stateDirectory: string, { application, environment, release }: Plan): string {
  return join(stateDirectory, 'logs', fileName(`${application}-${environment}`), fileName(release));
}

/** The name of a release that was not made by us is whatever the server says. */
function fileName(name: string): string {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/.test(name)
    ? name
    : `_${Buffer.from(name).toString('hex').slice(0, 199)}`;
}

/** What cannot be removed is tried for again by the next run. */
function removeOld(current: string): void {
  const parent = dirname(current);
  try {
    const others = readdirSync(parent, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && join(parent, entry.name) !== current)
      .map(({ name }) => ({ path: join(parent, name), ms: statSync(join(parent, name)).mtimeMs }))
      .sort((a, b) => b.ms - a.ms);
    for (const { path } of others.slice(KEPT_RELEASES - 1)) rmSync(path, { recursive: true, force: true });
  } catch {}
}
