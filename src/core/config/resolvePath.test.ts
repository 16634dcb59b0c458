import { homedir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { resolvePath } from './resolvePath.ts';

test.each([
  ['/etc/pw', '/etc/pw'],
  ['keys/pw', '/srv/shop/keys/pw'],
  ['../pw', '/srv/pw'],
  ['~', homedir()],
  ['~/pw', join(homedir(), 'pw')],
  ['~pw', '/srv/shop/~pw'],
])('%s is %s', (path, expected) => {
  expect(resolvePath('/srv/shop', path)).toBe(expected);
});
