import { expect, test } from 'vitest';
import type { Notice } from '../contract/index.ts';
import { createWorld } from './testing/world.ts';

const faults = ({ events }: Awaited<ReturnType<typeof createWorld>>) =>
  events.flatMap((event) => (event.type === 'fault' ? [event] : []));

test('a bug inside of a step is one line for people, and for the log where it is', async () => {
  const heard: Notice[] = [];
  const world = await createWorld({
    servers: ['web1'],
    notify: (notice) => void heard.push(notice),
    transport: (_, plain) => ({
      address: plain.address,
      async connect(scope) {
        const connection = await plain.connect(scope);
        const exec: typeof connection.exec = (request) => {
          if (request.argv[1] !== '-s') throw new RangeError('no\nsuch window');
          return connection.exec!(request);
        };
        return { ...connection, exec };
      },
    }),
  });
  const result = await world.deploy();
  const hint = 'This is a bug, in cutover or in a plugin. The log of web1 says where.';
  const failure = { code: 'E_BUG', message: 'web1: RangeError: no', hint };
  expect(result).toMatchObject({ outcome: 'compensated', servers: [{ failure }] });
  expect(heard.at(-1)).toMatchObject({ failure: 'web1: RangeError: no' });
  expect(faults(world)).toMatchObject([
    { server: 'web1', stack: expect.stringMatching(/^RangeError: no\nsuch window\n +at .*faults\.test\.ts/) },
  ]);
  expect(JSON.stringify([heard, result])).not.toContain('faults.test.ts');
});

test('where a hook and a notifier threw is told, and is no part of the reason', async () => {
  const heard: Notice[] = [];
  const world = await createWorld({
    servers: ['web1'],
    notify(notice) {
      heard.push(notice);
      if (notice.event !== 'started') throw new TypeError('no such address');
    },
    hook(at) {
      if (at === 'before:activate') throw new RangeError('too far', { cause: new Error('the wind') });
    },
  });
  const result = await world.deploy();
  expect(result).toMatchObject({
    outcome: 'compensated',
    problems: ['the notifier spy could not be told: no such address'],
    servers: [{ failure: { message: 'web1: the hook spy (before:activate) failed: too far' } }],
  });
  expect(faults(world)).toMatchObject([
    {
      server: 'web1',
      stack: expect.stringMatching(
        /^RangeError: too far\n +at .*faults\.test\.ts[\s\S]*\nCause: Error: the wind\n/,
      ),
    },
    { server: null, stack: expect.stringMatching(/^TypeError: no such address\n +at .*faults\.test\.ts/) },
  ]);
  expect(JSON.stringify([heard, result])).not.toContain('faults.test.ts');
});
