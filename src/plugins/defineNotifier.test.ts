import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineNotifier } from './defineNotifier.ts';
import { fakeScope } from './testing/scope.ts';

test.each([
  [{}, 10_000],
  [{ timeout: 500 }, 10_000],
  [{ timeout: 30_000 }, 32_000],
])('with %j a notice may take %i ms', (options, deadlineMs) => {
  const notifier = defineNotifier(z.looseObject({}), async () => {});
  expect(notifier.create(options, fakeScope()).deadlineMs).toBe(deadlineMs);
});
