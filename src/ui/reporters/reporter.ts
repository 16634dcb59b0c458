import type { Event } from '../../core/journal/events.ts';
import type { Clock } from '../clock.ts';
import type { Terminal } from '../terminal.ts';
import { linesReporter } from './lines.ts';
import { liveReporter } from './live.ts';

/** Tells what happens while it happens. */
export interface Reporter {
  event(event: Event): void;
  /** Writes what is still held back and gives the terminal back. More calls do nothing. */
  end(): void;
}

/** A live frame where there can be one, else plain lines. */
export function storyReporter(terminal: Terminal, clock: Clock): Reporter {
  return terminal.isTTY ? liveReporter(terminal, clock) : linesReporter(terminal, clock);
}
