import { expect, test } from 'vitest';
import { openPowerSite } from './support/powerCuts.ts';
import { tryAll } from './support/report.ts';
import { openSite } from './support/site.ts';

test.each(['at once', 'later'] as const)(
  'a server that loses power at any event and comes back %s loses nothing else',
  async (back) => {
    await using site = await openSite();
    const power = await openPowerSite(site);
    const points = Array.from({ length: power.events }, (_, index) => index + 1);
    const wrong = await tryAll(`power cuts, back ${back}`, points, (nth) => power.tryPowerCut(nth, back));
    await power.close();
    expect(wrong).toEqual([]);
  },
);
