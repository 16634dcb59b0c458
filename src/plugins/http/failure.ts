import { CutoverError } from '../../core/contract/index.ts';

/**
 * `who` is the service in words, "the webhook", and `what` is what it did not take. Says the origin only: the path of such an
 * address is its password. Without a cause, which might quote it. `why` is shown as it is: what a receiver said goes through
 * `withoutPartsOf` before.
 */
export function postFailure(who: string, url: string, why: string, what = 'the notice'): CutoverError {
  const whole = `${who} at ${new URL(url).origin} did not take ${what}: ${why}.`;
  return new CutoverError('E_PLUGIN', whole.charAt(0).toUpperCase() + whole.slice(1));
}

/** A part that is short is no secret, but may be part of any word. */
const SHORTEST_SECRET = 5;

/** What others say, without what stands in the address. */
export function withoutPartsOf(url: string, text: string): string {
  const { pathname, search } = new URL(url);
  // What a parameter is called is no secret, and mostly a word that is needed.
  const values = search.split(/[?&]/).map((pair) => pair.slice(pair.indexOf('=') + 1));
  const raw = [pathname, search, ...pathname.split('/'), ...values];
  const parts = raw
    .flatMap((part) => [part, decoded(part)])
    .filter(({ length }) => length >= SHORTEST_SECRET);
  return parts
    .toSorted((a, b) => b.length - a.length)
    .reduce((rest, part) => rest.replaceAll(part, '***'), text);
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
