import { CutoverError } from '../contract/index.ts';

const PATTERN = /^(?:19|20)\d{12}$/;

/** Is this a name that we give to releases? One that names no real moment, or one after 2099, is somebody else's. */
export function isReleaseId(name: string): boolean {
  return PATTERN.test(name) && fromSeconds(releaseTimeSec(name)) === name;
}

/**
 * UTC time as 14 digits, and always greater than every id that exists, whatever the clocks say.
 * Throws `E_REFUSED` where the last second of 2099 is taken.
 */
export function nextReleaseId(now: Date, existing: readonly string[]): string {
  const highest = existing.filter(isReleaseId).sort().at(-1) ?? '';
  const wanted = fromSeconds(Math.floor(now.getTime() / 1000));
  const next = wanted > highest ? wanted : fromSeconds(releaseTimeSec(highest) + 1);
  if (isReleaseId(next)) return next;
  throw new CutoverError(
    'E_REFUSED',
    `No release can be newer than ${highest || 'the clock of this machine'}.`,
    {
      hint: 'Rename that directory, if it is none of ours, or set the clock.',
    },
  );
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

function fromSeconds(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(/\D/g, '').slice(0, 14);
}
