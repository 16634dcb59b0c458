const FIRST_PAUSE_MS = 500;
/** Who is to wait longer would wait for a deployment that is over. */
const LONGEST_PAUSE_MS = 10_000;

export type Pause =
  | { readonly type: 'wait'; readonly ms: number }
  | { readonly type: 'giveUp'; readonly askedForMs: number };

/** How long to wait before the next attempt, each time twice as long, or as long as the receiver asks for. */
export function pauseAfter(
  attempt: number,
  retryAfter: string | null,
  now: Date,
  firstMs = FIRST_PAUSE_MS,
): Pause {
  const askedForMs = retryAfter === null ? null : parseRetryAfterMs(retryAfter, now);
  if (askedForMs !== null && askedForMs > LONGEST_PAUSE_MS) return { type: 'giveUp', askedForMs };
  return { type: 'wait', ms: askedForMs ?? Math.min(firstMs * 2 ** attempt, LONGEST_PAUSE_MS) };
}

/** Seconds or a date: RFC 9110, 10.2.3. Null for anything else. */
function parseRetryAfterMs(text: string, now: Date): number | null {
  if (/^\d+(\.\d+)?$/.test(text.trim())) return Math.round(Number(text) * 1000);
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : Math.max(0, at - now.getTime());
}
