import { expect, test } from 'vitest';
import { openPauseSite, PAUSES } from './support/pauses.ts';
import { tryAll } from './support/report.ts';
import { openSite } from './support/site.ts';

test.each(PAUSES)('a server that stands still at any event, %s, loses nothing', async (pause) => {
  await using site = await openSite();
  await using still = await openPauseSite(site);
  const points = Array.from({ length: still.events }, (_, index) => index + 1);
  expect(points.length).toBeGreaterThan(10);
  expect(await tryAll(`pauses, ${pause}`, points, (nth) => still.tryPause(nth, pause))).toEqual([]);
});
