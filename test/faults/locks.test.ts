import { expect, test } from 'vitest';
import { type Contention, contend } from '../../src/core/lock/testing/contention.ts';
import { inContainer } from '../integration/support/remoteTree.ts';
import { say, tryAll } from './support/report.ts';
import { openSite } from './support/site.ts';
import { followStory } from './support/story.ts';
import { changesIn, trySuspension } from './support/suspensions.ts';

test.each<Contention>([
  { lock: 'fresh', takers: 20, rounds: 200 },
  { lock: 'stale', takers: 12, rounds: 150 },
])('of $takers who take a $lock lock at once exactly one wins, $rounds times', async (contention) => {
  const figures = await contend(contention);
  say(`locks, ${contention.takers} at a ${contention.lock} one: ${JSON.stringify(figures)}`);
  expect(figures).toEqual({ rounds: contention.rounds, wrongRounds: 0, lostRounds: 0 });
});

test('whenever a deployment is suspended past its lease, it changes nothing when it wakes up', async () => {
  await using site = await openSite({ server: { image: 'faulty' } });
  const machine = await site.reset();
  const { events } = await followStory(machine.start(['deploy', 'production', '--events']));
  const points = Array.from({ length: events }, (_, index) => index + 1);
  expect(await tryAll('suspensions', points, (nth) => trySuspension(site, nth))).toEqual([]);
});

test('strace counts what a script changes', async () => {
  await using site = await openSite({ server: { image: 'faulty' } });
  const machine = await site.reset();
  const on = (text: string) => inContainer(site.server, ['sh', '-c', text]);
  await on('mkdir -p /run/fault && chmod 777 /run/fault && echo mkdir,openat,renameat2 >/run/fault/trace');
  expect((await machine.run(['status', 'production'])).exitCode).toBe(0);
  expect(changesIn(await on('cat /run/fault/calls'))).toEqual([]);
  expect((await machine.run(['deploy', 'production'])).exitCode).toBe(0);
  expect(changesIn(await on('cat /run/fault/calls')).length).toBeGreaterThan(10);
});
