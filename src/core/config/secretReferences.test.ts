import { expect, test } from 'vitest';
import { isSameReference, secretReferencesIn } from './secretReferences.ts';

test('references are found however deep they stand, and nothing else is', () => {
  const raw = {
    url: { env: 'URL' },
    headers: [{ authorization: { file: 'token' } }, { 'x-team': 'web' }],
    env: 'production',
    pair: { env: 'A', file: 'b' },
    nested: { command: { command: 'op read x' } },
    number: { env: 7 },
  };
  expect(secretReferencesIn(raw)).toEqual([{ env: 'URL' }, { file: 'token' }, { command: 'op read x' }]);
  expect(secretReferencesIn(null)).toEqual([]);
});

test.each([
  [{ env: 'URL' }, true],
  [{ env: 'OTHER' }, false],
  [{ file: 'URL' }, false],
  [{ env: 'URL', file: 'x' }, false],
  [{}, false],
  [null, false],
])('{ env: URL } against %j', (other, same) => {
  expect(isSameReference({ env: 'URL' }, other as { env: string })).toBe(same);
});
