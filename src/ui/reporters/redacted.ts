import type { Event } from '../../core/journal/events.ts';
import type { Reporter } from './reporter.ts';

/**
 * Removes secrets from events before they become text: afterwards a line may be cut in the middle of a secret, or
 * have some of its characters escaped, and what is left of the secret would not be recognised.
 */
export function redactedReporter(reporter: Reporter, redact: (text: string) => string): Reporter {
  return {
    event: (event) => reporter.event(mapStrings(event, redact) as Event),
    end: reporter.end,
  };
}

function mapStrings(value: unknown, map: (text: string) => string): unknown {
  if (typeof value === 'string') return map(value);
  if (Array.isArray(value)) return value.map((item) => mapStrings(item, map));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapStrings(item, map)]));
}
