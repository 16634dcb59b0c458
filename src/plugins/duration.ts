import { z } from 'zod';

/** An option that is a length of time: `500ms`, `30s`, `5m`, `2h`, or a number of seconds. Parsed to milliseconds. */
export function duration() {
  const error = 'expected a duration like `500ms`, `30s` or `5m`, or a number of seconds';
  return z.union([z.string(), z.number()], { error }).transform((value, context) => {
    const durationMs = parseDurationMs(value);
    if (durationMs !== null) return durationMs;
    context.addIssue({ code: 'custom', message: error });
    return z.NEVER;
  });
}

/** Milliseconds, or null for what is no duration. A bare number counts seconds. Zero and less are no durations. */
export function parseDurationMs(value: string | number): number | null {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h)?$/.exec(String(value).trim());
  if (match === null) return null;
  const durationMs = Math.round(
    Number(match[1]) * MS_PER_UNIT[(match[2] ?? 's') as keyof typeof MS_PER_UNIT],
  );
  return durationMs > 0 && durationMs <= LONGEST_TIMER_MS ? durationMs : null;
}

/** For messages: `30 s`, `1.5 s`, `250 ms`. */
export function showDuration(durationMs: number): string {
  return durationMs < 1000 ? `${durationMs} ms` : `${durationMs / 1000} s`;
}

const MS_PER_UNIT = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;

/** What setTimeout takes: a longer one fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
