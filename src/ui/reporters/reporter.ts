import type { Event } from '../../core/journal/events.ts';
import type { Clock } from '../clock.ts';
import type { Environment } from '../style.ts';
import type { Terminal } from '../terminal.ts';
import { isInActions } from '../workflowCommands.ts';
import { actionsReporter } from './actions.ts';
import { linesReporter } from './lines.ts';
import { liveReporter } from './live.ts';

/** Tells what happens while it happens. */
export interface Reporter {
  event(event: Event): void;
  /** Writes what is still held back and gives the terminal back. More calls do nothing. */
  end(): void;
}

/** A live frame where there can be one, else plain lines, which GitHub Actions gets in its own way. */
export function storyReporter(terminal: Terminal, clock: Clock, env: Environment): Reporter {
  if (isInActions(env)) return actionsReporter(terminal, clock);
  return terminal.isTTY ? liveReporter(terminal, clock) : linesReporter(terminal, clock);
}
