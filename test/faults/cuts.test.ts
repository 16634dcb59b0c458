import { expect, test } from 'vitest';
import { cutPoints, tryCut } from './support/cuts.ts';
import { tryAll } from './support/report.ts';
import { openSite } from './support/site.ts';

test('a connection that breaks after any number of bytes loses nothing', async () => {
  await using site = await openSite();
  const points = await cutPoints(site, 300);
  expect(await tryAll('cuts', points, (point) => tryCut(site, point))).toEqual([]);
});
