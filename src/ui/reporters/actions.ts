import type { Event } from '../../core/journal/events.ts';
import type { Plan } from '../../core/plan/types.ts';
import type { Clock } from '../clock.ts';
import { createStyle } from '../style.ts';
import type { Terminal } from '../terminal.ts';
import { annotation, groupBegin, groupEnd } from '../workflowCommands.ts';
import { linesReporter } from './lines.ts';
import type { Reporter } from './reporter.ts';
import { isLeftUndone, setback, stopsNothing } from './story.ts';

/** As many of a kind does GitHub show for a step. */
const MOST_ANNOTATIONS = 10;

const plain = createStyle(false);

interface Phase {
  /** They follow one another, and none comes back. */
  readonly order: number;
  readonly title: string;
}

/**
 * Lines for GitHub Actions: a group for each phase, and what failed as annotations. What follows a failure is not folded
 * away.
 */
export function actionsReporter(terminal: Terminal, clock: Clock): Reporter {
  let isMuted = false;
  const lines = linesReporter(
    { ...terminal, write: (text) => void (isMuted || terminal.write(text)) },
    clock,
  );
  const left = { error: MOST_ANNOTATIONS, warning: MOST_ANNOTATIONS };
  let plan: Plan | null = null;
  let isTakenBack = false;
  let phase: Phase = { order: -1, title: '' };
  let isGroupOpen = false;

  const write = (line: string) => terminal.write(`${line}\n`);
  const endGroup = () => {
    if (isGroupOpen) write(groupEnd);
    isGroupOpen = false;
  };
  const enter = (next: Phase) => {
    if (next.order <= phase.order) return;
    endGroup();
    write(groupBegin(next.title));
    isGroupOpen = true;
    phase = next;
  };
  /** What GitHub would not show is a line as ever. */
  const annotate = (event: Event): boolean => {
    const told = annotationOf(event);
    if (told === null) return false;
    const { level, title, message } = told;
    if (level === 'error') endGroup();
    if (left[level] === 0) return false;
    left[level] -= 1;
    write(annotation(level, title, message));
    return true;
  };

  return {
    event(event) {
      if (event.type === 'opened' || event.type === 'resumed') plan = event.plan;
      if (event.type === 'resumed') isTakenBack = event.abort;
      if (isTakenBack && isLeftUndone(event)) return;
      const next = phaseOf(event, plan);
      if (next !== null) enter(next);
      if (event.type === 'closed') endGroup();
      isMuted = annotate(event);
      lines.event(event);
      isMuted = false;
    },
    end() {
      endGroup();
      lines.end();
    },
  };
}

function phaseOf(event: Event, plan: Plan | null): Phase | null {
  if (event.type === 'undo.begun') return { order: Number.POSITIVE_INFINITY, title: 'Take back' };
  if (event.type !== 'step.begun') return null;
  switch (event.step) {
    case 'activate':
    case 'postLaunch': {
      const batches = plan?.batches ?? [];
      const batch = Math.max(
        0,
        batches.findIndex((names) => names.includes(event.server)),
      );
      const which = batches.length < 2 ? '' : `, batch ${batch + 1} of ${batches.length}`;
      return { order: batch + 1, title: `Change over${which}` };
    }
    case 'prune':
      return { order: Number.POSITIVE_INFINITY, title: 'Clean up' };
    default:
      return { order: 0, title: 'Prepare' };
  }
}

interface Told {
  readonly level: 'error' | 'warning';
  readonly title: string;
  readonly message: string;
}

function annotationOf(event: Event): Told | null {
  if (event.type === 'problem') {
    const { server, message } = event;
    return { level: 'warning', title: server ?? 'cutover', message: on(server, message) };
  }
  if (event.type !== 'step.failed' && event.type !== 'undo.failed') return null;
  const what = event.type === 'undo.failed' ? 'undo' : event.step;
  if (event.failure.code === 'E_INTERRUPTED') return null;
  const { hint } = event.failure;
  const message = [...setback(what, event, plain), ...(hint === null ? [] : [`Hint: ${hint}`])].join('\n');
  const level = stopsNothing(what, event.failure) ? 'warning' : 'error';
  return { level, title: `${event.server}: ${what} failed`, message: on(event.server, message) };
}

function on(server: string | null, message: string): string {
  return server === null ? message : `[${server}] ${message}`;
}
