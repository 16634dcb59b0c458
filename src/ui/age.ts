import { escapeRemote } from './escape.ts';
import { plural } from './wording.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `3 minutes ago`, from an ISO 8601 time. A time that cannot be read, or lies ahead, is shown as it is. */
export function formatAge(at: string, now: Date): string {
  const ms = now.getTime() - Date.parse(at);
  if (Number.isNaN(ms) || ms < -MINUTE) return escapeRemote(at);
  if (ms < 10_000) return 'just now';
  return formatMsAgo(ms);
}

/** `4 seconds ago` */
export function formatSecondsAgo(seconds: number): string {
  return formatMsAgo(seconds * 1000);
}

function formatMsAgo(ms: number): string {
  if (ms < MINUTE) return ago(ms / 1000, 'second');
  if (ms < HOUR) return ago(ms / MINUTE, 'minute');
  if (ms < DAY) return ago(ms / HOUR, 'hour');
  if (ms < 60 * DAY) return ago(ms / DAY, 'day');
  if (ms < 730 * DAY) return ago(ms / (30.44 * DAY), 'month');
  return ago(ms / (365.25 * DAY), 'year');
}

function ago(count: number, unit: string): string {
  return `${plural(Math.floor(count), unit)} ago`;
}
