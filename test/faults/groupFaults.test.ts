import { describe, expect, test } from 'vitest';
import { openGroup } from './support/group.ts';
import { GROUP_FAULTS, tryGroupFault } from './support/groupFaults.ts';
import { LOST_REVERTS, POLICIES, tryLostRevert, tryPolicy } from './support/groupPolicies.ts';
import { tryAll } from './support/report.ts';

/** `CUTOVER_FAULTS_SIZES=3,5` tries groups of other sizes. */
const sizes = (process.env.CUTOVER_FAULTS_SIZES ?? '3,5,20').split(',').map(Number);

describe.each(sizes)('a group of %i', (size) => {
  test('one fails, at any step, in any way: all serve one release', async () => {
    await using group = await openGroup(size);
    const wrong = await tryAll(`group of ${size}`, GROUP_FAULTS, (fault) => tryGroupFault(group, fault));
    expect(wrong).toEqual([]);
  });

  test('one cannot go back: the others do, and resume mends it', async () => {
    await using group = await openGroup(size);
    const moments = Object.keys(LOST_REVERTS) as (keyof typeof LOST_REVERTS)[];
    const wrong = await tryAll(`lost reverts, group of ${size}`, moments, (when) =>
      tryLostRevert(group, when),
    );
    expect(wrong).toEqual([]);
  });

  test('under a policy that lets servers stay, the group is mixed as the policy says', async () => {
    await using group = await openGroup(size);
    const wrong = await tryAll(`policies, group of ${size}`, POLICIES, (policy) => tryPolicy(group, policy));
    expect(wrong).toEqual([]);
  });
});
