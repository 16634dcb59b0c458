import type { Event } from '../../core/journal/events.ts';
import type { Plan } from '../../core/plan/types.ts';
import type { Clock } from '../clock.ts';
import { escapeLines, escapeRemote } from '../escape.ts';
import { createStyle } from '../style.ts';
import type { Terminal } from '../terminal.ts';
import { reasonOn } from '../wording.ts';
import { createFrame } from './frame.ts';
import type { Reporter } from './reporter.ts';
import { advance, newRow, type Row } from './row.ts';
import { createRows } from './rows.ts';
import {
  compensating,
  isLeftUndone,
  isOfIdleStep,
  opening,
  resuming,
  type Setback,
  setback,
  stopping,
  stopsNothing,
} from './story.ts';
import { createTally, type Finished, finishedText } from './tally.ts';

const REDRAW_EVERY_MS = 100;
/** Where all of fifty servers fail alike, what the first ones printed tells it. */
const MOST_TAILS = 3;

/** A line per server that is drawn over while it works, below a story of what is done. */
export function liveReporter(terminal: Terminal, clock: Clock): Reporter {
  const style = createStyle(terminal.color);
  const frame = createFrame(terminal);
  const tally = createTally();
  const rows = new Map<string, Row>();
  const layout = createRows(terminal, style);
  let plan: Plan | null = null;
  let tails = 0;
  let story: string[] = [];
  let isCompensating = false;
  /** Somebody has asked for it, instead of going on. */
  let isTakenBack = false;
  /** Work has begun and the transaction has not been closed. */
  let isFrameWanted = false;
  let isOver = false;

  const tell = (...lines: readonly string[]) => {
    story.push(...lines);
  };
  const tellFinished = (finished: readonly Finished[]) =>
    tell(...finished.map((step) => `${style.green('✓')} ${finishedText(step, rows.size)}`));
  const count = (step: string, ms: number) =>
    tellFinished(tally.add(step, ms, plan !== null ? rows.size : Number.POSITIVE_INFINITY));
  const tellSetback = (what: string, fact: Setback) => {
    const { server } = fact;
    const name = escapeRemote(server);
    const [first = '', ...more] = setback(what, fact, style);
    const mark = stopsNothing(what, fact.failure) ? style.yellow('!') : style.red('✗');
    const tail = rows.get(server)?.tail ?? [];
    if (tail.length > 0) tails += 1;
    if (tails <= MOST_TAILS) tell(...tail.map((line) => style.dim(`[${name}] | ${escapeRemote(line)}`)));
    tell(`${mark} ${style.bold(name)} ${first}`, ...more.map((line) => `  ${line}`));
  };

  const follow = (event: Event) => {
    if (event.type === 'opened') {
      plan = event.plan;
      for (const { name } of plan.servers) rows.set(name, newRow(name));
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
      case 'resumed':
        isTakenBack = event.abort;
        return tell(resuming(event, style));
      case 'step.done':
        return isOfIdleStep(event, plan) ? undefined : count(event.step, event.ms);
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
        return tell(style.yellow(compensating(plan)));
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
    frame.paint(story, all.length === 0 ? [] : layout.lines(all, plan, clock.now()));
    story = [];
  };
  const stop = clock.every(REDRAW_EVERY_MS, draw);

  return {
    event: (event) => {
      if (isTakenBack && isLeftUndone(event)) return;
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

function sentence(mark: string, server: string | null, message: string): readonly string[] {
  const subject = server === null ? '' : `${escapeRemote(server)}: `;
  return escapeLines(server === null ? message : reasonOn(server, message)).map((line, index) =>
    index === 0 ? `${mark}${subject}${line}` : `  ${line}`,
  );
}

function isWork(event: Event): boolean {
  return event.type !== 'problem' && event.type !== 'log';
}
