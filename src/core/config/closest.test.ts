import { expect, test } from 'vitest';
import { closest } from './closest.ts';

const known = ['host', 'port', 'user', 'identityFile', 'directories', 'files'];

test.each([
  ['hots', 'host'],
  ['prot', 'port'],
  ['users', 'user'],
  ['identity_file', 'identityFile'],
  ['IDENTITYFILE', 'identityFile'],
  ['directorys', 'directories'],
  ['file', 'files'],
  ['password', null],
  ['x', null],
  ['colour', null],
])('%s may mean %s', (word, expected) => {
  expect(closest(word, known)).toBe(expected);
});

test('the nearest one wins', () => {
  expect(closest('port', ['ports', 'sport', 'port2', 'part', 'port'])).toBe('port');
});
