const PATTERN = /^\d{14}$/;

/** Is this a name that we give to releases? */
export function isReleaseId(name: string): boolean {
  return PATTERN.test(name);
}

/** UTC time as 14 digits, and always greater than every id that exists, whatever the clocks say. */
export function nextReleaseId(now: Date, existing: readonly string[]): string {
  const highest = existing.filter(isReleaseId).sort().at(-1) ?? '';
  const wanted = fromDate(now);
  return wanted > highest ? wanted : successor(highest);
}

/** Seconds since 1970 of the moment that an id names. */
export function releaseTimeSec(id: string): number {
  const [year, month, day, hour, minute, second] = [
    id.slice(0, 4),
    id.slice(4, 6),
    id.slice(6, 8),
    id.slice(8, 10),
    id.slice(10, 12),
    id.slice(12, 14),
  ].map(Number);
  return Date.UTC(year!, month! - 1, day!, hour!, minute!, second!) / 1000;
}

function fromDate(date: Date): string {
  return date.toISOString().replace(/\D/g, '').slice(0, 14);
}

/** One second later; an id that names no real moment (a foreign 20269999…) is simply counted up. */
function successor(id: string): string {
  const later = fromDate(new Date((releaseTimeSec(id) + 1) * 1000));
  return later > id ? later : String(BigInt(id) + 1n).padStart(14, '0');
}
