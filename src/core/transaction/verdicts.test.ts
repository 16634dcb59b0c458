import { expect, test } from 'vitest';
import type { Ended, Settled } from './serverMachine.ts';
import { outcomeOf, verdictsOf } from './verdicts.ts';

const rests = (...all: readonly Settled[]) =>
  Object.fromEntries(all.map((rest, index) => [`web${index + 1}`, rest]));

const decided = (...args: Parameters<typeof verdictsOf>) => Object.values(verdictsOf(...args)).join(' ');

test.each<[readonly Settled[], string, string, string]>([
  [['live', 'live', 'live'], 'commit commit commit', 'commit commit commit', 'commit commit commit'],
  [['staged', 'staged', 'failed'], 'revert revert revert', 'revert revert revert', 'revert revert revert'],
  [['armed', 'failed', 'armed'], 'revert revert revert', 'revert revert revert', 'revert revert revert'],
  [['live', 'failed', 'live'], 'revert revert revert', 'commit revert commit', 'commit revert commit'],
  [['live', 'launchFailed', 'live'], 'revert revert revert', 'commit revert commit', 'commit commit commit'],
  [
    ['live', 'launchFailed', 'staged'],
    'revert revert revert',
    'commit revert revert',
    'commit commit revert',
  ],
  [
    ['launchFailed', 'failed', 'staged'],
    'revert revert revert',
    'revert revert revert',
    'commit revert revert',
  ],
])('%j: revert-all, revert-server, keep', (all, revertAll, revertServer, keep) => {
  expect(decided(rests(...all), 'revert-all', false)).toBe(revertAll);
  expect(decided(rests(...all), 'revert-server', false)).toBe(revertServer);
  expect(decided(rests(...all), 'keep', false)).toBe(keep);
});

test.each(['revert-all', 'revert-server', 'keep'] as const)(
  'who stops it under %s stops all of it',
  (policy) => {
    expect(decided(rests('live', 'live', 'staged'), policy, true)).toBe('revert revert revert');
  },
);

test.each<[readonly Ended[], string]>([
  [['pruned', 'pruned'], 'committed'],
  [['reverted', 'reverted'], 'compensated'],
  [['pruned', 'reverted'], 'committed'],
  [['pruned', 'stranded'], 'stranded'],
  [['reverted', 'stranded'], 'stranded'],
])('%j is %s', (all, outcome) => {
  expect(outcomeOf(Object.fromEntries(all.map((end, index) => [String(index), end])))).toBe(outcome);
});
