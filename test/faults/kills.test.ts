import { describe, expect, test } from 'vitest';
import { countEvents, KILL_SCENARIOS, tryKill } from './support/kills.ts';
import { tryAll } from './support/report.ts';
import { openSite } from './support/site.ts';

describe.each([
  ['one server', ['web1']],
  ['three servers', ['web1', 'web2', 'web3']],
] as const)('%s', (size, names) => {
  test.each(KILL_SCENARIOS)('$name: whenever it is killed, another machine ends it', async (scenario) => {
    await using site = await openSite({ names });
    const points = Array.from({ length: await countEvents(site, scenario) }, (_, index) => index + 1);
    expect(points.length).toBeGreaterThan(10);
    const title = `kills, ${scenario.name}, ${size}`;
    expect(await tryAll(title, points, (nth) => tryKill(site, scenario, nth))).toEqual([]);
  });
});
