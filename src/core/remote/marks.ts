/** `paused`: deployments leave the server out. `frozen`: they are refused while any of their servers is. */
export type MarkName = 'paused' | 'frozen';

/** One line of JSON in `.cutover/paused` or `.cutover/frozen`, that a person has set. */
export interface Mark {
  /** `user@host` */
  readonly by: string;
  /** ISO 8601, by the clock of who set it; null when the mark does not say. */
  readonly at: string | null;
  readonly reason: string;
  /** ISO 8601; null: until it is taken away. The server's clock says when that is. */
  readonly until: string | null;
}

export function formatMark({ by, at, reason, until }: Mark): string {
  return JSON.stringify({ by, at, reason, until });
}

/** Null when there is none. One that cannot be read counts: somebody has set it. */
export function parseMark(text: string | null): Mark | null {
  if (text === null) return null;
  const { by, at, reason, until } = membersOf(text);
  return {
    by: typeof by === 'string' ? by : 'somebody',
    at: typeof at === 'string' ? at : null,
    reason: typeof reason === 'string' ? reason : 'the mark cannot be read',
    until: typeof until === 'string' && !Number.isNaN(Date.parse(until)) ? until : null,
  };
}

/** The mark, unless its time is over. `clock`: the server's; null where it has none: then `now`, this machine's. */
export function markInForce(mark: Mark | null, clock: Date | null, now: Date): Mark | null {
  if (mark === null || mark.until === null) return mark;
  return Date.parse(mark.until) > (clock ?? now).getTime() ? mark : null;
}

function membersOf(text: string): Partial<Record<keyof Mark, unknown>> {
  try {
    return (JSON.parse(text) as Partial<Record<keyof Mark, unknown>> | null) ?? {};
  } catch {
    return {};
  }
}
