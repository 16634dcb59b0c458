import { EventEmitter, once } from 'node:events';
import type { Event } from '../../../src/core/journal/events.ts';
import type { CutoverProcess } from './cutover.ts';

/** What a run says on standard error. What is waited for has to come before it ends, and within two minutes. */
export interface Story {
  /** Resolves once this text was said. */
  says(text: string): Promise<void>;
  /** Resolves once such an event was told; the run needs `--events`. */
  tells(matches: (event: Event) => boolean): Promise<void>;
  /** Those told so far. */
  events(): readonly Event[];
}

const DEADLINE_MS = 120_000;

/** Listens to a run that has just been started. */
export function listenTo(running: CutoverProcess): Story {
  let said = '';
  let hasEnded = false;
  const heard = new EventEmitter();
  running.stderr!.on('data', (chunk) => {
    said += String(chunk);
    heard.emit('more');
  });
  running.stderr!.once('end', () => {
    hasEnded = true;
    heard.emit('more');
  });

  const until = async (isSo: () => boolean, what: string): Promise<void> => {
    const signal = AbortSignal.timeout(DEADLINE_MS);
    while (!isSo()) {
      if (hasEnded) throw new Error(`The run ended without ${what}: ${said.slice(-1000)}`);
      await once(heard, 'more', { signal }).catch(() => {
        running.kill('SIGKILL');
        throw new Error(`For ${DEADLINE_MS / 1000} s the run came without ${what}: ${said.slice(-1000)}`);
      });
    }
  };
  return {
    says: (text) => until(() => said.includes(text), `"${text}"`),
    tells: (matches) => until(() => eventsIn(said).some(matches), `an event such as ${matches}`),
    events: () => eventsIn(said),
  };
}

/** The events among these lines; the last line counts once it has its end. */
export function eventsIn(said: string): readonly Event[] {
  const lines = said.slice(0, said.lastIndexOf('\n') + 1).split('\n');
  return lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Event);
}

/** What users' commands printed. */
export function outputIn(events: readonly Event[]): readonly string[] {
  return events.flatMap((event) => (event.type === 'output' ? [event.line] : []));
}

/** For `tells`: a user's command has printed this line. */
export function isLine(line: string): (event: Event) => boolean {
  return (event) => event.type === 'output' && event.line === line;
}
