import { describe } from 'vitest';
import { armedConformance } from './conformance/armed.ts';
import { cacheConformance } from './conformance/cache.ts';
import { currentConformance } from './conformance/current.ts';
import { cutConformance } from './conformance/cuts.ts';
import { endConformance } from './conformance/end.ts';
import { lockConformance } from './conformance/lock.ts';
import { markConformance } from './conformance/marks.ts';
import { mendConformance } from './conformance/mend.ts';
import { readConformance } from './conformance/read.ts';
import { releaseConformance } from './conformance/release.ts';
import type { Place } from './conformancePlace.ts';

export interface ConformanceOptions {
  /** A line is cut at every n-th request of a deployment. */
  readonly cutEvery: number;
}

/** What `Engine` promises, whatever it is made of. `open` gives a server with nothing on it, until the end of the test. */
export function engineConformance(
  name: string,
  open: () => Promise<Place>,
  { cutEvery }: ConformanceOptions,
): void {
  describe(name, () => {
    lockConformance(open);
    cacheConformance(open);
    releaseConformance(open);
    currentConformance(open);
    armedConformance(open);
    endConformance(open);
    cutConformance(open, cutEvery);
    markConformance(open);
    readConformance(open);
    mendConformance(open, Math.ceil(cutEvery / 2));
  });
}
