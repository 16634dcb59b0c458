import { expect, test } from 'vitest';
import { cutPoints, tryCut } from '../faults/support/cuts.ts';
import { openPowerSite } from '../faults/support/powerCuts.ts';
import { spread, tryAll } from '../faults/support/report.ts';
import { faultsOf, tryServerFault } from '../faults/support/serverFaults.ts';
import { openSite } from '../faults/support/site.ts';

/** A sample of each suite of test/faults, which `npm run test:faults` runs whole. */

test('a connection that breaks loses nothing', async () => {
  await using site = await openSite();
  const points = spread(await cutPoints(site, 300), 8);
  expect(await tryAll('cuts', points, (point) => tryCut(site, point))).toEqual([]);
});

test('calls that fail on the server lose nothing', async () => {
  await using site = await openSite({ server: { image: 'faulty' } });
  const points = [
    ...spread(await faultsOf(site, 'rename'), 3),
    ...spread(await faultsOf(site, 'write'), 2),
    ...spread(await faultsOf(site, 'symlink'), 2),
  ];
  expect(await tryAll('server faults', points, (fault) => tryServerFault(site, fault))).toEqual([]);
});

test('a server that loses power loses nothing else', async () => {
  await using site = await openSite();
  const power = await openPowerSite(site);
  const middle = Math.floor(power.events / 2);
  const wrong = await tryAll('power cuts', [middle], (nth) => power.tryPowerCut(nth, 'at once'));
  await power.close();
  expect(wrong).toEqual([]);
});
