import { expect, test } from 'vitest';
import { notifier } from './notifier.ts';

test('who names HipChat is told that it is gone, and what to use', () => {
  expect(() => notifier.parse({ token: { env: 'TOKEN' }, room: 'ops' })).toThrow(
    expect.objectContaining({
      issues: [expect.objectContaining({ path: [], message: expect.stringMatching(/shut down.*`webhook`/) })],
    }),
  );
});
