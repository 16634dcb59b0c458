import type { Event } from '../../core/journal/events.ts';
import type { Clock } from '../clock.ts';
import { escapeLines, escapeRemote } from '../escape.ts';
import { createStyle, type Style } from '../style.ts';
import type { Terminal } from '../terminal.ts';
import { cut, displayWidth } from '../width.ts';
import { reasonOn } from '../wording.ts';
import { createFrame } from './frame.ts';
import type { Reporter } from './reporter.ts';
import { advance, flat, isActive, newRow, type Row, rowText } from './row.ts';
import { compensating, opening, type Setback, setback, stopping, stopsNothing } from './story.ts';
import { createTally, type Finished, finishedText } from './tally.ts';

const REDRAW_EVERY_MS = 100;
const MOST_ROWS = 12;
const MOST_NAME_COLUMNS = 24;

/** A line per server that is drawn over while it works, below a story of what is done. */
export function liveReporter(terminal: Terminal, clock: Clock): Reporter {
  const style = createStyle(terminal.color);
  const frame = createFrame(terminal);
  const tally = createTally();
  const rows = new Map<string, Row>();
  let story: string[] = [];
  let isPlanKnown = false;
  let isCompensating = false;
  /** Work has begun and the transaction has not been closed. */
  let isFrameWanted = false;
  let isOver = false;

  const tell = (...lines: readonly string[]) => {
    story.push(...lines);
  };
  const tellFinished = (finished: readonly Finished[]) =>
    tell(...finished.map((step) => `${style.green('✓')} ${finishedText(step, rows.size)}`));
  const count = (step: string, ms: number) =>
    tellFinished(tally.add(step, ms, isPlanKnown ? rows.size : Number.POSITIVE_INFINITY));
  const tellSetback = (what: string, fact: Setback) => {
    const { server } = fact;
    const name = escapeRemote(server);
    const [first = '', ...more] = setback(what, fact, style);
    const mark = stopsNothing(what, fact.failure) ? style.yellow('!') : style.red('✗');
    tell(...(rows.get(server)?.tail ?? []).map((line) => style.dim(`[${name}] | ${escapeRemote(line)}`)));
    tell(`${mark} ${style.bold(name)} ${first}`, ...more.map((line) => `  ${line}`));
  };

  const follow = (event: Event) => {
    if (event.type === 'opened') {
      isPlanKnown = true;
      for (const { name } of event.plan.servers) rows.set(name, newRow(name));
    }
    const server = 'server' in event ? event.server : null;
    if (event.type === 'closed') isFrameWanted = false;
    if (server === null || !isWork(event)) return;
    isFrameWanted = true;
    rows.set(server, advance(rows.get(server) ?? newRow(server), event, clock.now()));
  };

  const narrate = (event: Event) => {
    switch (event.type) {
      case 'opened':
        return tell(...opening(event.plan, event.by, style));
      case 'step.done':
        return count(event.step, event.ms);
      case 'undo.done':
        return count('undo', event.ms);
      case 'step.failed':
        return tellSetback(event.step, event);
      case 'undo.failed':
        return tellSetback('undo', event);
      case 'undo.begun':
        if (isCompensating) return;
        isCompensating = true;
        tellFinished(tally.rest());
        return tell(style.yellow(compensating));
      case 'cancelled':
        return tell(style.yellow(stopping));
      case 'problem':
        return tell(...sentence(`${style.yellow('!')} `, event.server, event.message));
      case 'log':
        return tell(...sentence('', event.server, event.message).map(style.dim));
    }
  };

  const draw = () => {
    const all = isFrameWanted ? [...rows.values()] : [];
    frame.paint(story, frameRows(all, terminal, clock.now(), style));
    story = [];
  };
  const stop = clock.every(REDRAW_EVERY_MS, draw);

  return {
    event: (event) => {
      follow(event);
      narrate(event);
    },
    end: () => {
      if (isOver) return;
      isOver = true;
      stop();
      tellFinished(tally.rest());
      frame.close(story);
    },
  };
}

/** Every server when they fit, else those at work first, and how many are not shown. */
function frameRows(rows: readonly Row[], terminal: Terminal, nowMs: number, style: Style): readonly string[] {
  const columns = terminal.columns - 1;
  const most = Math.max(1, Math.min(MOST_ROWS, terminal.rows - 2));
  const sorted =
    rows.length <= most ? rows : [...rows].sort((a, b) => Number(isActive(b)) - Number(isActive(a)));
  const shown = sorted.slice(0, most);
  const widest = Math.max(0, ...shown.map((row) => displayWidth(flat(row.name))));
  const lines = shown.map((row) => rowText(row, Math.min(widest, MOST_NAME_COLUMNS), columns, nowMs, style));
  const hidden = sorted.slice(most);
  if (hidden.length === 0) return lines;
  return [
    ...lines,
    style.dim(cut(`  ${hidden.length} more, ${hidden.filter(isActive).length} at work`, columns)),
  ];
}

function sentence(mark: string, server: string | null, message: string): readonly string[] {
  const subject = server === null ? '' : `${escapeRemote(server)}: `;
  return escapeLines(server === null ? message : reasonOn(server, message)).map((line, index) =>
    index === 0 ? `${mark}${subject}${line}` : `  ${line}`,
  );
}

function isWork(event: Event): boolean {
  return event.type !== 'problem' && event.type !== 'log';
}
