import { inspect } from 'node:util';
import type { Secret } from '../contract/index.ts';

const HIDDEN = '***';

/** Wraps a value so that it shows itself only through `reveal()`, also to `console.log` and `JSON.stringify`. */
export function makeSecret(value: string): Secret {
  return Object.freeze({
    reveal: () => value,
    toString: () => HIDDEN,
    toJSON: () => HIDDEN,
    [inspect.custom]: () => HIDDEN,
  });
}
