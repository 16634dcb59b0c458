import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { limitChannels } from './channels.ts';

/** A server that allows so many channels, and remembers the most that were open. */
function serverWith(allowed: number) {
  let open = 0;
  let most = 0;
  return {
    most: () => most,
    open: async () => {
      await turn();
      if (open >= allowed) throw Object.assign(new Error('open failed'), { reason: 2 });
      most = Math.max(most, ++open);
      return { close: () => open-- };
    },
  };
}

test.each([
  [100, 8],
  [3, 3],
  [1, 1],
])('with %i channels allowed, 30 users get theirs, at most %i at a time', async (allowed, most) => {
  const server = serverWith(allowed);
  const channels = limitChannels();
  await Promise.all(
    Array.from({ length: 30 }, async () => {
      const { channel, release } = await channels.open(server.open);
      await turn();
      channel.close();
      release();
      release();
    }),
  );
  expect(server.most()).toBe(most);
});

test('a failure that is no refusal leaves the place to the next', async () => {
  const channels = limitChannels(1);
  const failing = channels.open(() => Promise.reject(new Error('gone')));
  const next = channels.open(async () => 'open');
  await expect(failing).rejects.toThrow('gone');
  expect((await next).channel).toBe('open');
});

test('who stops waiting does not take a place', async () => {
  const channels = limitChannels(1);
  const { release } = await channels.open(async () => 1);
  const stop = new AbortController();
  const waiting = channels.open(async () => 2, stop.signal);
  const next = channels.open(async () => 3);
  stop.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
  release();
  expect((await next).channel).toBe(3);
});

test('a server that allows none is named', async () => {
  await expect(limitChannels().open(serverWith(0).open)).rejects.toMatchObject({
    code: 'E_CAPABILITY',
    hint: expect.stringContaining('MaxSessions'),
  });
});

test('a place that the server has not cleared yet is tried again, and stays a place', async () => {
  let isCleared = false;
  const channels = limitChannels();
  await channels.open(async () => 'first');
  const second = await channels.open(async () => 'second');
  second.release();
  const again = await channels.open(async () => {
    if (isCleared) return 'again';
    isCleared = true;
    throw Object.assign(new Error('open failed'), { reason: 2 });
  });
  expect(again.channel).toBe('again');
});
