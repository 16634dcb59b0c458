import { expect, test } from 'vitest';
import type { LedgerEntry } from './ledger.ts';
import { pinOf } from './pin.ts';

const A = '20260101000001';
const B = '20260101000002';
const line = (release: string, more: Partial<LedgerEntry> = {}): LedgerEntry => ({
  release,
  state: 'succeeded',
  at: 'then',
  ...more,
});

test('a rollback pins, until a deployment takes that away', () => {
  const back = [line(A), line(B), line(B, { state: 'bad' }), line(A, { by: 'me@here', pinned: true })];
  expect(pinOf([])).toBeNull();
  expect(pinOf([line(A), line(B)])).toBeNull();
  expect(pinOf(back)).toEqual({ release: A, by: 'me@here', at: 'then' });
  expect(pinOf([...back, line(B, { pinned: true })])).toEqual({ release: B, by: null, at: 'then' });
  expect(pinOf([...back, line(B, { pinned: false })])).toBeNull();
});

test('what failed and was taken back changes nothing about it', () => {
  const back = [line(B, { state: 'bad' }), line(A, { pinned: true })];
  const failed = [line(B, { state: 'ready' }), line(B, { state: 'failed' }), line(B)];
  expect(pinOf([...back, ...failed])).toMatchObject({ release: A });
});
