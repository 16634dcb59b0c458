import fc from 'fast-check';
import { expect, test } from 'vitest';
import { foldLedger, type LedgerEntry } from './ledger.ts';
import { releasesToRemove, rollbackCandidates, rollbackTarget } from './retention.ts';

/** `1 succeeded`, `2 bad`, …: releases by their last digit. */
function ledgerOf(...lines: readonly string[]) {
  return foldLedger(
    lines.map((line): LedgerEntry => {
      const [digit, state, foreign] = line.split(' ');
      return {
        release: id(Number(digit)),
        state: state as LedgerEntry['state'],
        at: '',
        ...(foreign ? { foreign: true } : {}),
      };
    }),
  );
}

const id = (digit: number) => `2026010100000${digit}`;
const ids = (...digits: readonly number[]) => digits.map(id);

const fourGood = ledgerOf('1 succeeded', '2 succeeded', '3 succeeded', '4 succeeded');

test.for([
  [1, [1, 2, 3, 4]],
  [2, [1, 2, 3]],
  [3, [1, 2]],
  [5, []],
  [99, []],
] as const)('keep %d is that many with the new one', ([keep, removed]) => {
  const facts = { ledger: fourGood, onDisk: ids(1, 2, 3, 4), current: id(5), live: null, pinned: null, keep };
  expect(releasesToRemove(facts)).toEqual(ids(...removed));
});

test('all is all', () => {
  expect(
    releasesToRemove({
      ledger: fourGood,
      onDisk: ids(1, 2, 3, 4),
      current: id(5),
      live: null,
      pinned: null,
      keep: 'all',
    }),
  ).toEqual([]);
});

test('what was live stays, and takes a place', () => {
  const facts = { ledger: fourGood, onDisk: ids(1, 2, 3, 4), current: id(5), live: id(1), pinned: null };
  expect(releasesToRemove({ ...facts, keep: 2 })).toEqual(ids(2, 3));
  expect(releasesToRemove({ ...facts, keep: 3 })).toEqual(ids(2, 3));
  expect(releasesToRemove({ ...facts, keep: 4 })).toEqual(ids(2));
  expect(releasesToRemove({ ...facts, keep: 1 })).toEqual(ids(1, 2, 3, 4));
});

test('what somebody went back to stays, whatever became of it', () => {
  const ledger = ledgerOf('1 succeeded', '2 bad', '3 bad', '4 succeeded');
  const facts = { ledger, onDisk: ids(1, 2, 3, 4), current: id(5), live: id(4) };
  expect(releasesToRemove({ ...facts, pinned: id(1), keep: 2 })).toEqual(ids(2));
  expect(releasesToRemove({ ...facts, pinned: id(2), keep: 1 })).toEqual(ids(1, 4));
});

test('what was live and never called a success does not push out the last one that was', () => {
  const ledger = ledgerOf('1 succeeded', '2 succeeded', '3 active');
  const facts = { ledger, onDisk: ids(1, 2, 3), current: id(4), live: id(3), pinned: null };
  expect(releasesToRemove({ ...facts, keep: 2 })).toEqual(ids(1));
  expect(releasesToRemove({ ...facts, keep: 1 })).toEqual(ids(1, 2));
});

test('what a crash left counts as none: gone from disk it is not chosen, and swept once there is a newer one', () => {
  const ledger = ledgerOf('1 succeeded', '2 ready', '3 succeeded', '4 active');
  const facts = { ledger, current: id(5), live: id(3), pinned: null, keep: 2 };
  expect(releasesToRemove({ ...facts, onDisk: ids(1, 2, 3, 4) })).toEqual(ids(1, 2));
  expect(releasesToRemove({ ...facts, onDisk: ids(1, 4) })).toEqual([]);
});

test('those that failed, or were left, push out no good one; only the newest of them stays', () => {
  const ledger = ledgerOf('1 succeeded', '2 failed', '3 bad', '4 ready', '5 active', '6 succeeded');
  expect(
    releasesToRemove({
      ledger,
      onDisk: ids(1, 2, 3, 4, 5, 6),
      current: id(7),
      live: null,
      pinned: null,
      keep: 3,
    }),
  ).toEqual(ids(2, 3, 4));
});

test('foreign names are neither counted nor removed, also when the ledger tells of them', () => {
  const ledger = ledgerOf('1 succeeded', '2 succeeded foreign', '3 succeeded');
  const onDisk = [...ids(1, 2, 3, 4), 'initial', '20269999000000', '99999999999999'];
  expect(releasesToRemove({ ledger, onDisk, current: id(5), live: null, pinned: null, keep: 2 })).toEqual(
    ids(1),
  );
});

test('what only the ledger knows is not there to be removed', () => {
  expect(
    releasesToRemove({ ledger: fourGood, onDisk: ids(4), current: id(5), live: null, pinned: null, keep: 1 }),
  ).toEqual(ids(4));
});

test('for any ledger: only ours go, never what is live, and as many good ones stay as were asked for', () => {
  const states = fc.constantFrom('ready', 'active', 'succeeded', 'failed', 'bad', 'unknown');
  fc.assert(
    fc.property(
      fc.array(states, { maxLength: 8 }),
      fc.integer({ min: 1, max: 9 }),
      fc.nat(8),
      (all, keep, live) => {
        const ledger = ledgerOf(
          ...all.flatMap((state, index) => (state === 'unknown' ? [] : [`${index} ${state}`])),
        );
        const onDisk = all.map((_, index) => id(index));
        const wasLive = live < all.length ? id(live) : null;
        const facts = { ledger, onDisk, current: id(9), live: wasLive, pinned: null, keep };
        const removed = releasesToRemove(facts);
        const isGood = (each: string) => ledger.get(each)?.state === 'succeeded';
        const safe = keep === 1 ? [] : [wasLive, onDisk.findLast(isGood)].filter((each) => each != null);
        for (const each of removed) expect(ledger.has(each) && !safe.includes(each)).toBe(true);
        expect(removed).toEqual([...removed].sort());
        const left = onDisk.filter((each) => !removed.includes(each));
        const goodLeft = left.filter((each) => isGood(each) && !safe.includes(each)).length;
        const places = keep - 1 - new Set(safe.filter((each) => ledger.has(each))).size;
        const goodThere = onDisk.filter((each) => isGood(each) && !safe.includes(each)).length;
        expect(goodLeft).toBe(Math.min(goodThere, Math.max(0, places)));
      },
    ),
  );
});

test('a rollback goes to the last good release before the one that is live, if it is still there', () => {
  const ledger = ledgerOf(
    '1 succeeded',
    '2 succeeded',
    '3 bad',
    '4 failed',
    '5 ready',
    '6 succeeded',
    '7 succeeded',
  );
  const onDisk = ids(1, 2, 3, 4, 5, 6, 7);
  expect(rollbackTarget(ledger, onDisk, id(7))).toBe(id(6));
  expect(rollbackTarget(ledger, onDisk, id(6))).toBe(id(2));
  expect(rollbackTarget(ledger, ids(1, 6, 7), id(6))).toBe(id(1));
  expect(rollbackTarget(ledger, onDisk, id(1))).toBeNull();
  expect(rollbackTarget(ledger, [], id(7))).toBeNull();
  expect(rollbackCandidates(ledger, onDisk, id(7))).toEqual(ids(1, 2, 6));
});

test('a rollback never goes to a foreign directory by itself', () => {
  expect(rollbackTarget(ledgerOf('1 succeeded foreign'), [...ids(1), '0initial'], id(2))).toBeNull();
});
