import { expect, test } from 'vitest';
import { plainNotifier } from '../config/testing/plain.ts';
import { NOTICE_EVENTS, type Notice } from '../contract/index.ts';
import { deploy } from './deploy.ts';
import { rollback } from './rollback.ts';
import { noticesWith } from './testing/notices.ts';
import { createWorld, PLAIN } from './testing/world.ts';

test('a notifier hears of the beginning and of the end', async () => {
  const heard: Notice[] = [];
  const world = await createWorld({ servers: ['web1', 'web2'], notify: (notice) => void heard.push(notice) });
  const { release } = await world.deploy();
  expect(heard).toMatchObject([
    {
      event: 'started',
      kind: 'deploy',
      application: 'shop',
      release,
      servers: [],
      failure: null,
      by: 'me@here',
    },
    {
      event: 'committed',
      release,
      previous: null,
      failure: null,
      servers: [
        { name: 'web1', current: release },
        { name: 'web2', current: release },
      ],
    },
  ]);
  await world.deploy();
  expect(heard).toHaveLength(2);
});

test('a notifier hears why it failed, and what the servers serve', async () => {
  const heard: Notice[] = [];
  const world = await createWorld({
    servers: ['web1'],
    notify: (notice) => void heard.push(notice),
    hook(at, { previous }) {
      if (previous !== null && at === 'before:postLaunch') throw new Error('no');
    },
  });
  const { release } = await world.deploy();
  await world.write({ a: 'b' });
  await world.deploy();
  expect(heard.at(-1)).toMatchObject({
    event: 'compensated',
    previous: release,
    servers: [{ name: 'web1', current: release }],
    failure: expect.stringContaining(': no'),
  });
});

test('what is told: success, failure, back to success, a rollback; each once', async () => {
  const heard: Notice[] = [];
  let fails = false;
  const world = await createWorld({
    servers: ['web1', 'web2'],
    notify: (notice) => void heard.push(notice),
    hook(at, { server }) {
      if (fails && at === 'before:activate' && server === 'web2') throw new Error('no');
    },
    environment: {
      notify: [plainNotifier('spy', { events: NOTICE_EVENTS.filter((event) => event !== 'started') })],
    },
  });
  const first = await world.deploy();
  await world.write({ a: '2' });
  fails = true;
  await world.deploy();
  fails = false;
  await world.write({ a: '3' });
  const third = await world.deploy();
  await rollback(world.runtime, world.config, { environment: 'production', to: null, servers: [] });
  expect(heard.map(({ events }) => events)).toEqual([
    ['succeeded'],
    ['failed', 'compensated'],
    ['succeeded', 'backToSuccess'],
    ['succeeded', 'rolledBack'],
  ]);
  expect(heard.map(({ title }) => title)).toEqual([
    `shop: production serves ${first.release}`,
    `shop: production failed, every server serves ${first.release}`,
    `shop: production serves ${third.release} (was ${first.release}), back to success`,
    `shop: production is back at ${first.release} (was ${third.release})`,
  ]);
  expect(heard[1]?.text).toMatch(
    /^shop: production failed, .*\nWhy: .*: no\nRevision: .*\nBy: me@here\nTook: /,
  );
});

test('a notifier hears of what it asks for only, in its own words', async () => {
  const heard: Notice[] = [];
  const world = await createWorld({
    servers: ['web1'],
    notify: (notice) => void heard.push(notice),
    environment: {
      notify: [
        plainNotifier('spy', { events: ['backToSuccess', 'failed'] }),
        plainNotifier('spy', { events: ['succeeded'], text: '{release} {outcome}' }),
      ],
    },
  });
  const { release } = await world.deploy();
  expect(heard.map(({ text }) => text)).toEqual([`${release} succeeded`]);
});

test('who was interrupted is told', async () => {
  const heard: Notice[] = [];
  const world = await createWorld({
    servers: ['web1'],
    notify: (notice) => void heard.push(notice),
    hook(at) {
      if (at === 'before:activate') world.cancel.abort();
    },
  });
  expect(await world.deploy()).toMatchObject({ outcome: 'compensated', interrupted: true });
  expect(heard.at(-1)).toMatchObject({
    events: ['failed', 'compensated'],
    title: 'shop: production was interrupted, nothing is live',
    failure: 'somebody asked to stop',
  });
});

test('a notice holds no secret', async () => {
  const heard: Notice[] = [];
  const world = await createWorld({
    servers: ['web1'],
    notify: (notice) => void heard.push(notice),
    hook() {
      throw new Error('The answer held s3cret.');
    },
  });
  const runtime = { ...world.runtime, redact: (text: string) => text.replaceAll('s3cret', '***') };
  await deploy(runtime, world.config, PLAIN);
  expect(heard.at(-1)?.failure).toContain('The answer held ***.');
  expect(JSON.stringify(heard)).not.toContain('s3cret');
});

test('who goes on with a transaction tells of its end only, and when it was begun', async () => {
  const heard: Notice[] = [];
  const { notices, opening, result } = await noticesWith((notice) => void heard.push(notice), {
    events: NOTICE_EVENTS,
  });
  notices.started({ ...opening, isResumed: true });
  expect(await notices.ended(result)).toEqual([]);
  expect(heard).toMatchObject([{ event: 'committed', startedAt: opening.at }]);
});
