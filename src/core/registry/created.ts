import { isObject } from '../config/document.ts';
import { MAX_DURATION_MS } from '../config/duration.ts';
import type { Kind } from './offers.ts';

/** What each kind cannot do without. */
const REQUIRED: Readonly<Record<Kind, string>> = {
  transports: 'connect',
  notifiers: 'notify',
  hooks: 'run',
  sources: 'fetch',
};

const INTERRUPTED: readonly unknown[] = [undefined, 'again', 'skip', 'fail'];

/** What is wrong with what `create` gave, to follow that; null for a good thing. Not every plugin is checked by a compiler. */
export function faultOfCreated(kind: Kind, thing: unknown): string | null {
  if (!isObject(thing)) return `nothing to work with: ${String(thing)}.`;
  if (typeof thing.then === 'function') return 'a promise: it has to give the thing itself.';
  const required = REQUIRED[kind];
  if (typeof thing[required] !== 'function') return `something without a function "${required}".`;
  if (kind === 'transports' && typeof thing.address !== 'string')
    return 'something without an "address", the text that messages show.';
  const { deadlineMs } = thing;
  const isDuration = typeof deadlineMs === 'number' && deadlineMs > 0 && deadlineMs <= MAX_DURATION_MS;
  if (deadlineMs !== undefined && !isDuration)
    return `"deadlineMs" as something other than milliseconds, at most ${MAX_DURATION_MS}.`;
  if (kind !== 'hooks') return null;
  if (!INTERRUPTED.includes(thing.interrupted))
    return `"interrupted" as ${JSON.stringify(thing.interrupted)}; expected again, skip or fail.`;
  if (thing.refuse !== undefined && typeof thing.refuse !== 'function')
    return '"refuse" as something other than a function.';
  return null;
}
