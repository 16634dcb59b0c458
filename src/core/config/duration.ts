const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;
type Unit = keyof typeof UNIT_MS;

/** Timers hold a signed 32-bit number of milliseconds; a longer delay fires at once (Node.js, `setTimeout`). */
export const MAX_DURATION_MS = 2_147_483_647;

export const DURATION_PATTERN = /^[1-9][0-9]{0,9}(?:ms|s|m|h)$/;
export const DURATION_EXPECTED = 'a duration such as 500ms, 30s, 5m or 1h (at most 596h)';

/** Milliseconds of `500ms`, `30s`, `5m` or `1h`; null when it is not a duration, is zero or is over 596 hours. */
export function parseDuration(text: string): number | null {
  if (!DURATION_PATTERN.test(text)) return null;
  const unit = text.replace(/^[0-9]+/, '') as Unit;
  const durationMs = Number.parseInt(text, 10) * UNIT_MS[unit];
  return durationMs <= MAX_DURATION_MS ? durationMs : null;
}
