import { expect, test } from 'vitest';
import { plainNotifier } from '../config/testing/plain.ts';
import { NOTICE_EVENTS, type Notice, type NoticeEvent } from '../contract/index.ts';
import { notifyTest } from './notifyTest.ts';
import { createWorld, type World, type WorldOptions } from './testing/world.ts';

async function worldOf(
  notify: NonNullable<WorldOptions['notify']>,
  events: readonly NoticeEvent[] = NOTICE_EVENTS,
) {
  return createWorld({
    servers: ['web1', 'web2'],
    notify,
    transport: (server) => ({
      address: server,
      connect: () => Promise.reject(new Error('A server was contacted.')),
    }),
    environment: { notify: [plainNotifier('spy', { events })] },
  });
}

const ALL = { environment: 'production', name: null, event: null };

test('each gets a notice of what it listens to, marked as a test, and none twice', async () => {
  const heard: Notice[] = [];
  const world = await worldOf((notice) => void heard.push(notice));
  const { notifiers } = await notifyTest(world.runtime, world.config, ALL);
  expect(heard.map(({ events }) => events)).toEqual([
    ['started'],
    ['succeeded'],
    ['failed', 'compensated'],
    ['failed', 'stranded'],
    ['succeeded', 'rolledBack'],
    ['succeeded', 'backToSuccess'],
  ]);
  for (const { isTest, text, title } of heard) {
    expect(isTest).toBe(true);
    expect([title, text]).toEqual([
      expect.stringMatching(/^\[test\] shop: /),
      expect.stringContaining('[test]'),
    ]);
  }
  expect(notifiers).toEqual([
    { name: 'spy', notices: heard.map(({ events, title }) => ({ events, title, problem: null })) },
  ]);
});

test('an event can be asked for whatever it listens to', async () => {
  const heard: Notice[] = [];
  const world = await worldOf((notice) => void heard.push(notice), ['failed']);
  await notifyTest(world.runtime, world.config, { ...ALL, name: 'spy', event: 'rolledBack' });
  expect(heard.map(({ title }) => title)).toEqual([
    expect.stringMatching(/^\[test\] shop: production is back at \d{14} \(was \d{14}\)$/),
  ]);
});

test('one that does not take it is told with the reason, and hears of the rest', async () => {
  const world = await worldOf(({ event }) => {
    if (event === 'stranded') throw new Error('no such channel');
  });
  const { notifiers } = await notifyTest(world.runtime, world.config, ALL);
  expect(notifiers[0]?.notices.map(({ problem }) => problem)).toEqual([
    null,
    null,
    null,
    'the notifier spy could not be told: no such channel',
    null,
    null,
  ]);
});

test('a name that nobody has is a mistake', async () => {
  const world = await worldOf(() => {});
  await expect(notifyTest(world.runtime, world.config, { ...ALL, name: 'spi' })).rejects.toMatchObject({
    code: 'E_USAGE',
    message: 'There is no notifier spi in production.',
    hint: 'It has: spy.',
  });
});

test('who stops it has nobody told of the rest', async () => {
  const heard: Notice[] = [];
  const world: World = await worldOf((notice) => {
    heard.push(notice);
    world.cancel.abort();
  });
  await expect(notifyTest(world.runtime, world.config, ALL)).rejects.toMatchObject({ code: 'E_INTERRUPTED' });
  expect(heard.map(({ events }) => events)).toEqual([['started']]);
});
