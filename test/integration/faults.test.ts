import { expect, test, vi } from 'vitest';
import { cutPoints, tryCut } from '../faults/support/cuts.ts';
import { openGroup } from '../faults/support/group.ts';
import { type GroupFault, tryGroupFault } from '../faults/support/groupFaults.ts';
import { countEvents, KILL_SCENARIOS, tryKill } from '../faults/support/kills.ts';
import { openPowerSite } from '../faults/support/powerCuts.ts';
import { spread, tryAll } from '../faults/support/report.ts';
import { faultsOf, tryServerFault } from '../faults/support/serverFaults.ts';
import { openSite } from '../faults/support/site.ts';

vi.setConfig({ testTimeout: 600_000 });

/** A sample of each suite of test/faults, which `npm run test:faults` runs whole. */

test('a connection that breaks loses nothing', async () => {
  await using site = await openSite();
  const points = spread(await cutPoints(site, 300), 4);
  expect(await tryAll('cuts', points, (point) => tryCut(site, point))).toEqual([]);
});

test('calls that fail on the server lose nothing', async () => {
  await using site = await openSite({ server: { image: 'faulty' } });
  const points = [
    ...spread(await faultsOf(site, 'rename'), 2),
    ...spread(await faultsOf(site, 'write'), 2),
    ...spread(await faultsOf(site, 'symlink'), 1),
  ];
  expect(await tryAll('server faults', points, (fault) => tryServerFault(site, fault))).toEqual([]);
});

test('a program that is killed is ended by another machine', async () => {
  await using site = await openSite({ names: ['web1', 'web2'] });
  const scenario = KILL_SCENARIOS[1]!;
  const events = await countEvents(site, scenario);
  const points = spread(
    Array.from({ length: events }, (_, index) => index + 1),
    3,
  );
  expect(await tryAll('kills', points, (nth) => tryKill(site, scenario, nth))).toEqual([]);
});

test('a group of which one server fails serves one release', async () => {
  await using group = await openGroup(3);
  const faults: readonly GroupFault[] = [
    { step: 'armed', how: 'killed' },
    { step: 'syncCache', how: 'full' },
  ];
  expect(await tryAll('group faults', faults, (fault) => tryGroupFault(group, fault))).toEqual([]);
});

test('a server that loses power loses nothing else', async () => {
  await using site = await openSite();
  const power = await openPowerSite(site);
  const middle = Math.floor(power.events / 2);
  const wrong = await tryAll('power cuts', [middle], (nth) => power.tryPowerCut(nth, 'at once'));
  await power.close();
  expect(wrong).toEqual([]);
});
