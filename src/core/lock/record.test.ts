import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  fitsIntoRecord,
  formatLockRecord,
  generationNumber,
  type LockRecord,
  parseLockRecord,
  RELEASED,
} from './record.ts';

const records: fc.Arbitrary<LockRecord> = fc.record({
  nonce: fc.stringMatching(/^[0-9a-f]{16}$/),
  by: fc.string({ maxLength: 60, unit: 'grapheme' }).map((by) => by.slice(0, 60).toWellFormed()),
  pid: fc.nat(),
  since: fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  release: fc.option(fc.stringMatching(/^\d{14}$/)),
  mark: fc.option(fc.stringMatching(/^[0-9a-f-]{36}\/\d{1,10}\/\d{1,12}$/)),
  message: fc.option(
    fc.oneof(
      fc.constant('-'),
      fc.string({ unit: 'binary' }).filter((message) => message.isWellFormed()),
    ),
  ),
  together: fc.boolean(),
});

test('a record is read as it was written', () => {
  fc.assert(
    fc.property(records, (record) => {
      expect(parseLockRecord(formatLockRecord(record))).toEqual(record);
    }),
  );
});

test('a record is one line of plain characters, short enough for a link on every file system', () => {
  const any = fc.string({ maxLength: 500, unit: 'binary' });
  fc.assert(
    fc.property(records, any, (record, by) => {
      const message = record.message !== null && fitsIntoRecord(by) ? by : null;
      const text = formatLockRecord({ ...record, by, message });
      expect(text).toMatch(/^v1( [!-~]*){5,8}$/);
      expect(text.length).toBeLessThan(1000);
      expect(parseLockRecord(text)).toMatchObject({ nonce: record.nonce, pid: record.pid });
    }),
  );
  for (const by of ['é'.repeat(300), '🚀'.repeat(300), `${'x'.repeat(199)}🚀`, '\ud800'])
    expect(formatLockRecord({ nonce: 'n', by, pid: 1, since: '', release: null }).length).toBeLessThan(1000);
});

test('released is nobody; what another version wrote is somebody', () => {
  expect(parseLockRecord(RELEASED)).toBeNull();
  for (const text of ['v2 a b c d e', 'hello', '', 'v1 a b']) {
    expect(parseLockRecord(text)).toMatchObject({
      nonce: text,
      by: 'somebody',
      pid: 0,
      since: '',
      release: null,
    });
  }
  expect(parseLockRecord('v1 n %zz 1 now -')).toMatchObject({ by: '%zz' });
});

test('a record of the first version, which had neither mark nor message, is read', () => {
  expect(parseLockRecord('v1 n me%40here 7 2026-01-01T00:00:00.000Z 20260101000001')).toEqual({
    nonce: 'n',
    by: 'me@here',
    pid: 7,
    since: '2026-01-01T00:00:00.000Z',
    release: '20260101000001',
    mark: null,
    message: null,
    together: false,
  });
});

test.for([
  ['g-000001', 1],
  ['g-000010', 10],
  ['g-123456', 123_456],
  ['g-1234567', 1_234_567],
  ['g-000000', 0],
] as const)('%s is number %d', ([name, number]) => {
  expect(generationNumber(name)).toBe(number);
});
