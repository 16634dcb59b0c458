import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compactLedger, isLong } from './compact.ts';
import { foldLedger, type LedgerEntry, parseLedger } from './ledger.ts';
import { pinOf } from './pin.ts';

const id = (number: number) => `202601010${String(number).padStart(5, '0')}`;

const entry = (
  release: string,
  state: LedgerEntry['state'],
  more: Partial<LedgerEntry> = {},
): LedgerEntry => ({
  release,
  state,
  at: 'then',
  ...more,
});

const compacted = (ledger: readonly LedgerEntry[], onDisk: readonly string[]) =>
  parseLedger(compactLedger(ledger, onDisk).join('\n'));

test('a release that is there keeps all that was said of it, in one line', () => {
  const ledger = [
    entry(id(1), 'ready', { revision: 'abc', manifest: 'm', by: 'me@here' }),
    entry(id(1), 'active'),
    entry(id(1), 'succeeded', { at: 'later' }),
  ];
  expect(compacted(ledger, [id(1)])).toEqual([
    entry(id(1), 'succeeded', { at: 'later', revision: 'abc', manifest: 'm', by: 'me@here' }),
  ]);
});

test('of those that are gone the last fifty stay', () => {
  const ledger = Array.from({ length: 90 }, (_, index) => entry(id(index), 'succeeded'));
  const left = compacted(ledger, [id(3), id(88)]);
  expect(left.map((each) => each.release)).toEqual([id(3), ...ledger.slice(39).map((each) => each.release)]);
  expect(isLong(left)).toBe(false);
  expect([isLong(Array(500).fill(ledger[0])), isLong(Array(501).fill(ledger[0]))]).toEqual([false, true]);
});

test('for any ledger: what is on disk is what it was, so is the pin, and doing it again changes nothing', () => {
  const states = fc.constantFrom<LedgerEntry['state']>('ready', 'active', 'succeeded', 'failed', 'bad');
  const line = fc.record(
    {
      release: fc.nat(9).map(id),
      state: states,
      at: fc.string(),
      by: fc.string(),
      revision: fc.option(fc.string()),
      pinned: fc.boolean(),
    },
    // Every line that is written says who did it.
    { requiredKeys: ['release', 'state', 'at', 'by'] },
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 40 }), fc.uniqueArray(fc.nat(9).map(id)), (ledger, onDisk) => {
      const shorter = compacted(ledger, onDisk);
      expect(pinOf(shorter)).toEqual(pinOf(ledger));
      const told = (entries: readonly LedgerEntry[], release: string) => {
        const record = foldLedger(entries).get(release);
        return record && { ...record, pinned: undefined };
      };
      for (const release of onDisk) expect(told(shorter, release)).toEqual(told(ledger, release));
      expect(compacted(shorter, onDisk)).toEqual(shorter);
      expect(shorter.length).toBeLessThanOrEqual(new Set(ledger.map((each) => each.release)).size + 1);
    }),
  );
});
