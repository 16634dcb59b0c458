import { expect, test, vi } from 'vitest';
import { openPauseSite, PAUSES } from '../faults/support/pauses.ts';
import { spread, tryAll } from '../faults/support/report.ts';
import { openSite } from '../faults/support/site.ts';

vi.setConfig({ testTimeout: 600_000 });

/** A sample of test/faults/pauses.test.ts. */
test('a server that stands still for a while loses nothing', async () => {
  await using site = await openSite();
  await using still = await openPauseSite(site);
  const events = Array.from({ length: still.events }, (_, index) => index + 1);
  const points = spread(events, PAUSES.length).map((nth, index) => ({ nth, pause: PAUSES[index]! }));
  expect(await tryAll('pauses', points, ({ nth, pause }) => still.tryPause(nth, pause))).toEqual([]);
});
