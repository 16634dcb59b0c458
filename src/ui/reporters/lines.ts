import type { Event } from '../../core/journal/events.ts';
import type { Plan } from '../../core/plan/types.ts';
import type { Clock } from '../clock.ts';
import { escapeLines, escapeRemote } from '../escape.ts';
import { formatDuration, formatSeconds } from '../format.ts';
import { createStyle } from '../style.ts';
import type { Terminal } from '../terminal.ts';
import { displayWidth } from '../width.ts';
import { reasonOn } from '../wording.ts';
import type { Reporter } from './reporter.ts';
import {
  compensating,
  isLeftUndone,
  isOfIdleStep,
  opening,
  resuming,
  sent,
  setback,
  stopping,
  upload,
  work,
} from './story.ts';

const UPLOAD_EVERY_MS = 5_000;
/** CI services end a job that is silent for ten minutes, and people sooner. */
const SILENCE_MS = 30_000;

const MOST_NAME_COLUMNS = 24;

type Told = {
  readonly [Type in Event['type']]: (event: Extract<Event, { type: Type }>) => readonly string[];
};

/**
 * Plain lines, each written whole and beginning with the server it is about. What a command printed stands behind
 * `|`, so that it cannot pass for a line of ours.
 */
export function linesReporter(terminal: Terminal, clock: Clock): Reporter {
  const style = createStyle(terminal.color);
  const running = new Map<string, { readonly what: string; readonly sinceMs: number }>();
  const uploadToldMs = new Map<string, number>();
  let plan: Plan | null = null;
  let nameWidth = 0;
  let isCompensating = false;
  /** Somebody has asked for it, instead of going on. */
  let isTakenBack = false;
  let lastLineMs = clock.now();

  /** Makes what follows begin in one column, once it is known who takes part. */
  const gap = (server: string) => {
    const width = displayWidth(escapeRemote(server));
    return ' '.repeat(Math.max(0, nameWidth - width));
  };
  const on = (server: string, lines: readonly string[]) =>
    lines.map((line) => `${style.dim(`[${escapeRemote(server)}]`)}${gap(server)} ${line}`);
  const begin = (server: string, what: string, detail: string | null) => {
    running.set(server, { what, sinceMs: clock.now() });
    return on(server, [`${what} …${detail === null ? '' : ` ${detail}`}`]);
  };
  const done = (server: string, what: string, ms: number, result: string) => {
    running.delete(server);
    return on(server, [`${what} ${style.green('done')}, ${result}${formatDuration(ms)}`]);
  };

  const told: Told = {
    opened: (fact) => {
      plan = fact.plan;
      const widths = plan.servers.map(({ name }) => displayWidth(escapeRemote(name)));
      nameWidth = Math.min(MOST_NAME_COLUMNS, Math.max(0, ...widths));
      return opening(fact.plan, fact.by, style);
    },
    'step.begun': ({ server, step }) => begin(server, step, step === 'syncCache' ? work(plan, server) : null),
    'step.done': ({ server, step, ms, output }) => done(server, step, ms, sent(output)),
    'step.failed': (fact) => {
      running.delete(fact.server);
      return on(fact.server, setback(fact.step, fact, style));
    },
    'undo.begun': ({ server }) => {
      const verdict = isCompensating ? [] : [style.yellow(compensating(plan))];
      isCompensating = true;
      return [...verdict, ...begin(server, 'undo', null)];
    },
    'undo.done': ({ server, ms }) => done(server, 'undo', ms, ''),
    'undo.failed': (fact) => {
      running.delete(fact.server);
      return on(fact.server, setback('undo', fact, style));
    },
    'hook.begun': ({ server, name, point }) => on(server, [`hook ${escapeRemote(name)} (${point}) …`]),
    'hook.done': ({ server, name, point, ms }) =>
      on(server, [`hook ${escapeRemote(name)} (${point}) ${style.green('done')}, ${formatDuration(ms)}`]),
    /** The failure of its step, or a problem, says why. */
    'hook.failed': () => [],
    cancelled: () => [style.yellow(stopping)],
    problem: ({ server, message }) => {
      const [first = '', ...more] = escapeLines(server === null ? message : reasonOn(server, message));
      const lines = [`${style.yellow('Problem')}: ${first}`, ...more.map((line) => `  ${line}`)];
      return server === null ? lines : on(server, lines);
    },
    /** The result says how it ended. */
    closed: () => {
      running.clear();
      return [];
    },
    output: ({ server, line }) =>
      on(
        server,
        escapeLines(line).map((text) => `${style.dim('|')} ${text}`),
      ),
    command: ({ server, run }) =>
      on(
        server,
        escapeLines(run).map((text, index) => style.cyan(`${index === 0 ? '$' : '>'} ${text}`)),
      ),
    progress: ({ server, step, doneBytes, totalBytes }) => {
      const now = clock.now();
      const lastMs = uploadToldMs.get(server) ?? running.get(server)?.sinceMs ?? now;
      if (now - lastMs < UPLOAD_EVERY_MS || doneBytes >= totalBytes) return [];
      uploadToldMs.set(server, now);
      return on(server, [`${step} ${upload(doneBytes, totalBytes)}`]);
    },
    /** For the log: the failure, or a problem, says why. */
    fault: () => [],
    resumed: (event) => {
      plan = event.plan;
      isTakenBack = event.abort;
      return [resuming(event, style)];
    },
    /** The switch follows within milliseconds, or a failure tells why not. */
    armed: () => [],
    log: ({ server, message }) => (server === null ? escapeLines(message) : on(server, escapeLines(message))),
  };

  const write = (lines: readonly string[]) => {
    if (lines.length === 0) return;
    lastLineMs = clock.now();
    terminal.write(`${lines.join('\n')}\n`);
  };
  const stop = clock.every(5_000, () => {
    const now = clock.now();
    if (running.size > 0 && now - lastLineMs >= SILENCE_MS) write([stillRunning(running, now)]);
  });

  return {
    event(event) {
      if (isOfIdleStep(event, plan) || (isTakenBack && isLeftUndone(event))) return;
      write((told[event.type] as (event: Event) => readonly string[])(event));
    },
    end: stop,
  };
}

/** `Still running: postUpload on web1 (35 s), syncCache on web2 (31 s) and 3 more.` */
function stillRunning(
  running: ReadonlyMap<string, { readonly what: string; readonly sinceMs: number }>,
  now: number,
): string {
  const all = [...running].map(
    ([server, { what, sinceMs }]) => `${what} on ${escapeRemote(server)} (${formatSeconds(now - sinceMs)})`,
  );
  const shown = all.slice(0, 5);
  const rest = all.length - shown.length;
  return `Still running: ${shown.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}.`;
}
