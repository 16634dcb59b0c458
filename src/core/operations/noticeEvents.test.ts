import { expect, test } from 'vitest';
import type { LedgerEntry } from '../release/ledger.ts';
import { isAfterFailure, noticeEvents } from './noticeEvents.ts';
import type { ServerResult } from './results.ts';

const server = (outcome: ServerResult['outcome'], failed = false): ServerResult => ({
  name: 'web1',
  outcome,
  current: '1',
  uploaded: { files: 0, bytes: 0 },
  removed: 0,
  batch: null,
  steps: [],
  failure: failed ? { code: 'E_COMMAND', message: 'no', hint: null, step: 'postLaunch' } : null,
});
const well = { servers: [server('committed'), server('committed')] };

test.each([
  [{ event: 'started', result: null }, ['started']],
  [{}, ['succeeded']],
  [{ isAfterFailure: true }, ['succeeded', 'backToSuccess']],
  [{ kind: 'rollback' }, ['succeeded', 'rolledBack']],
  [{ kind: 'rollback', isAfterFailure: true }, ['succeeded', 'rolledBack', 'backToSuccess']],
  [{ event: 'compensated', isAfterFailure: true }, ['failed', 'compensated']],
  [{ event: 'stranded', kind: 'rollback' }, ['failed', 'stranded']],
  // Where a policy lets servers stay.
  [{ result: { servers: [server('committed'), server('compensated', true)] } }, ['failed']],
  [{ result: { servers: [server('committed', true)] }, isAfterFailure: true }, ['failed']],
] as const)('%j is %j', (given, events) => {
  const plain = { event: 'committed', kind: 'deploy', result: well, isAfterFailure: false } as const;
  expect(noticeEvents({ ...plain, ...given })).toEqual(events);
});

const entry = (release: string, state: LedgerEntry['state'], second: number): LedgerEntry => ({
  release,
  state,
  at: new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString(),
});
const SUCCESS = [entry('1', 'ready', 1), entry('1', 'active', 2), entry('1', 'succeeded', 3)];
const FAILURE = [entry('2', 'ready', 4), entry('2', 'active', 5), entry('2', 'failed', 6)];
const KEPT = FAILURE.slice(0, 2);
const ROLLBACK = [entry('2', 'bad', 8), entry('1', 'succeeded', 9)];

test.each<[string, readonly (readonly LedgerEntry[])[], boolean]>([
  ['nothing was ever deployed', [[]], false],
  ['the last one succeeded', [SUCCESS], false],
  ['the last one failed', [[...SUCCESS, ...FAILURE]], true],
  ['the last one failed before a server was activated', [[...SUCCESS, entry('2', 'ready', 4)]], true],
  ['it was kept although it failed', [[...SUCCESS, ...KEPT]], true],
  [
    'it was rolled back, and kept although that failed',
    [[...SUCCESS, { ...entry('1', 'succeeded', 9), kept: true }]],
    true,
  ],
  ['it was rolled back, and that succeeded', [[...SUCCESS, ...FAILURE, ...ROLLBACK]], false],
  ['it failed on one server only', [[...SUCCESS, ...FAILURE], SUCCESS], true],
  [
    'it failed on one server, and stayed on another',
    [[...SUCCESS, entry('2', 'succeeded', 7)], FAILURE],
    true,
  ],
  [
    'a server that failed long ago was left out of the last one',
    [FAILURE, [entry('3', 'succeeded', 10)]],
    false,
  ],
])('%s', (_, ledgers, expected) => {
  expect(isAfterFailure(ledgers)).toBe(expected);
});

test('what a transaction that is gone on with wrote itself tells nothing of the one before it', () => {
  const own = [entry('3', 'ready', 20), entry('3', 'active', 21)];
  const opened = new Date(Date.UTC(2026, 0, 1, 0, 0, 19)).toISOString();
  expect(isAfterFailure([[...SUCCESS, ...own]], opened)).toBe(false);
  expect(isAfterFailure([[...SUCCESS, ...FAILURE, ...own]], opened)).toBe(true);
});
