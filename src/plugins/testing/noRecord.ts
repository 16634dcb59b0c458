import { expect, test } from 'vitest';
import type { Extension, Notifier } from '../../core/contract/index.ts';
import { type Telling, tell } from './tell.ts';

/** What every notifier promises that makes records of deployments. */
export function testLeavesNoRecord(notifier: Extension<Notifier>, given: Telling): void {
  test('a test leaves no record, but shows whether the secrets are there', async () => {
    const notice = { isTest: true };
    expect(await tell(notifier, { ...given, notice })).toMatchObject({ received: [], failure: null });
    const without = await tell(notifier, { ...given, notice, secrets: () => ({}) });
    expect(without.failure).not.toBe(null);
  });
}
