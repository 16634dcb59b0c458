import { expect, test } from 'vitest';
import type { Notice } from '../contract/index.ts';
import { planFor } from './deploy.ts';
import { openNotices } from './notices.ts';
import { unchangedResult } from './result.ts';
import { createWorld, type WorldOptions } from './testing/world.ts';

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

test('a notifier that throws is a problem, once for each time, and the deployment goes its way', async () => {
  const world = await createWorld({
    servers: ['web1'],
    notify: () => {
      throw new Error('gone fishing');
    },
  });
  expect(await world.deploy()).toMatchObject({
    outcome: 'committed',
    problems: ['the notifier spy failed: gone fishing', 'the notifier spy failed: gone fishing'],
  });
});

test('a notifier that never answers is a problem at its deadline, and is told to stop', async () => {
  const signals: AbortSignal[] = [];
  const notices = await noticesWith((_, signal) => {
    signals.push(signal);
    return new Promise(() => {});
  });
  notices.started();
  expect(await notices.ended()).toEqual([
    'the notifier spy did not answer within 0.05 s',
    'the notifier spy did not answer within 0.05 s',
  ]);
  expect(signals.map((signal) => signal.aborted)).toEqual([true, true]);
});

test('a notifier that fails when it is told to stop is one problem, not two', async () => {
  const notices = await noticesWith(
    (_, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new Error('I was told to stop')));
      }),
  );
  const problems = await notices.ended();
  expect(problems).toEqual(['the notifier spy did not answer within 0.05 s']);
});

async function noticesWith(notify: NonNullable<WorldOptions['notify']>) {
  const world = await createWorld({ servers: ['web1'], notify });
  const ask = { environment: 'production', ref: null, servers: [], full: false, unpin: false, saved: null };
  const plan = await planFor(world.runtime, world.config, ask);
  const notices = await openNotices(
    world.runtime,
    world.config,
    world.config.environments.production!,
    plan,
    50,
  );
  return {
    started: notices.started,
    ended: () => notices.ended({ ...unchangedResult(plan), outcome: 'committed' }),
  };
}
