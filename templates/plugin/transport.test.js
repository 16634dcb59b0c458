// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeScope, transportCases } from 'cutover/testing';
import { transport } from './transport.js';

// All that cutover relies on. What a place has more (SFTP, a line that can be cut) adds to the cases.
const cases = transportCases({
  has: ['exec', 'posixShell'],
  transport: () => transport.create(transport.parse({}), fakeScope()),
});
for (const { name, run } of cases) test(name, run);

test('options that are wrong are told with their place', () => {
  assert.throws(() => transport.parse({ program: 'ssh' }), {
    issues: [{ path: ['program'], message: 'expected a list of texts' }],
  });
});
