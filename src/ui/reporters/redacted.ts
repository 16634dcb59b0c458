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

/** What holds no secret stays the very same object: a plan may have very many files. */
export function mapStrings(value: unknown, map: (text: string) => string): unknown {
  if (typeof value === 'string') return map(value);
  if (typeof value !== 'object' || value === null) return value;
  let copy: Record<string, unknown> | null = null;
  for (const [key, item] of Object.entries(value)) {
    const mapped = mapStrings(item, map);
    if (mapped === item) continue;
    copy ??= (Array.isArray(value) ? [...value] : { ...value }) as Record<string, unknown>;
    copy[key] = mapped;
  }
  return copy ?? value;
}
