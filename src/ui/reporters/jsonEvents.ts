import { jsonText } from '../escape.ts';
import type { Reporter } from './reporter.ts';

/** One JSON object a line, as it happens; the plan with its files stands in `opened` and nowhere else. */
export function jsonEventsReporter(write: (text: string) => void): Reporter {
  return {
    event: (event) => write(`${jsonText(event)}\n`),
    end: () => {},
  };
}
