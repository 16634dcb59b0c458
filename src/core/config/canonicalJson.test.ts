import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Json } from '../contract/index.ts';
import { canonicalJson } from './canonicalJson.ts';

test('keys are in the order of code units, without white space', () => {
  const value = { b: [1, { z: null, a: 'ü\n' }], a: true, B: 1.5, é: 0, '\u{1f600}': 1, '\uffff': 2 };
  expect(canonicalJson(value)).toBe(
    '{"B":1.5,"a":true,"b":[1,{"a":"ü\\n","z":null}],"é":0,"\u{1f600}":1,"\uffff":2}',
  );
});

test('the order in which members were written does not count, and nothing is lost', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = canonicalJson(value as Json);
      expect(canonicalJson(reversed(value) as Json)).toBe(text);
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, member]) => [key, reversed(member)]),
  );
}

test.each([[Number.NaN], [Number.POSITIVE_INFINITY], [undefined], [[undefined]], [{ a: undefined }]])(
  '%s is refused',
  (value) => {
    expect(() => canonicalJson(value as unknown as Json)).toThrow(TypeError);
  },
);
