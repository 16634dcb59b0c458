import { expect, test } from 'vitest';
import { hookAt } from './testing/hooks.ts';
import { createWorld } from './testing/world.ts';

test('a hook that does not end is told to at its deadline, and given up', async () => {
  const told = Promise.withResolvers<void>();
  const never = new Promise<void>(() => {});
  const world = await createWorld({
    servers: ['web1'],
    environment: { hooks: [hookAt('before:activate', { deadlineMs: 20 })] },
    hook: (_, { signal }) => {
      signal.addEventListener('abort', () => told.resolve());
      return never;
    },
  });
  const { outcome, servers } = await world.deploy();
  await told.promise;
  expect(outcome).toBe('compensated');
  expect(servers[0]?.failure).toMatchObject({
    code: 'E_HOOK',
    message: 'web1: the hook spy (before:activate) did not end within 0.02 s',
  });
});

test('what a hook throws after its deadline is nobody’s', async () => {
  const unhandled: unknown[] = [];
  const listen = (reason: unknown) => void unhandled.push(reason);
  process.on('unhandledRejection', listen);
  const late = Promise.withResolvers<void>();
  const world = await createWorld({
    servers: ['web1'],
    declares: { deadlineMs: 20 },
    environment: { hooks: [hookAt('before:activate')] },
    hook: () => late.promise,
  });
  await world.deploy();
  late.reject(new Error('much too late'));
  await new Promise((resolve) => setImmediate(resolve));
  process.off('unhandledRejection', listen);
  expect(unhandled).toEqual([]);
});

test('somebody who stops it stops the hook as well, until the group is committed', async () => {
  for (const [point, outcome] of [
    ['before:postUpload', 'compensated'],
    ['always', 'committed'],
  ] as const) {
    const world = await createWorld({
      servers: ['web1'],
      environment: { hooks: [hookAt(point)] },
      hook: async (_, { signal }) => {
        const stopped = new Promise((_, reject) =>
          signal.addEventListener('abort', () => reject(signal.reason)),
        );
        world.cancel.abort();
        if (point !== 'always') await stopped;
        expect(signal.aborted).toBe(false);
      },
    });
    const result = await world.deploy();
    expect(result).toMatchObject({ outcome, problems: [] });
    if (point !== 'always')
      expect(result.servers[0]?.failure).toMatchObject({
        code: 'E_INTERRUPTED',
        message: 'web1: the hook spy (before:postUpload) was interrupted',
      });
  }
});
