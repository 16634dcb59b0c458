import { expect, test } from 'vitest';
import { tryAll } from './support/report.ts';
import { FAULT_KINDS, faultsOf, tryServerFault } from './support/serverFaults.ts';
import { openSite } from './support/site.ts';

test.each(FAULT_KINDS)('whichever %s on the server fails, nothing is lost', async (kind) => {
  await using site = await openSite({ server: { image: 'faulty' } });
  const points = await faultsOf(site, kind);
  expect(points.length).toBeGreaterThan(0);
  const wrong = await tryAll(`server faults, ${kind}`, points, (fault) => tryServerFault(site, fault));
  expect(wrong).toEqual([]);
});
