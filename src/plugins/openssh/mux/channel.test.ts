import { once } from 'node:events';
import { expect, test } from 'vitest';
import { channelEnds } from './channel.ts';
import { MESSAGE } from './message.ts';

interface Sent {
  readonly type: number;
  readonly fields: readonly unknown[];
  readonly bytes: number;
}

function opened() {
  const sent: Sent[] = [];
  const ends = channelEnds((type, fields, tail, done) => {
    sent.push({ type, fields, bytes: tail?.length ?? 0 });
    done?.();
  });
  const of = (type: number) => sent.filter((each) => each.type === type);
  return { ...ends, of };
}

test('no more is sent than the server has room for, in packets that it takes', async () => {
  const { channel, allow, of } = opened();
  allow(10, 4);
  let isTaken = false;
  channel.write(Buffer.alloc(15), () => {
    isTaken = true;
  });
  expect(of(MESSAGE.data).map(({ bytes }) => bytes)).toEqual([4, 4, 2]);
  expect(isTaken).toBe(false);
  allow(100);
  expect(of(MESSAGE.data).map(({ bytes }) => bytes)).toEqual([4, 4, 2, 4, 1]);
});

test('room is made for what was read, and not for more', async () => {
  const { channel, receive, windowBytes, of } = opened();
  receive(Buffer.alloc(windowBytes), false);
  expect(of(MESSAGE.adjust)).toEqual([]);
  channel.resume();
  await once(channel, 'data');
  await expect.poll(() => of(MESSAGE.adjust).map(({ fields }) => fields)).toEqual([[windowBytes]]);
});

test('what came before the end is read before the channel is closed', async () => {
  const { channel, receive, receiveEnd, receiveClose, of } = opened();
  receive(Buffer.from('last words'), false);
  receiveEnd();
  receiveClose();
  receiveClose();
  expect(of(MESSAGE.close)).toHaveLength(1);
  // Who has asked for the channel may be told of it a little later.
  await new Promise(setImmediate);
  let said = '';
  channel.on('data', (chunk) => {
    said += chunk;
  });
  channel.stderr.resume();
  await once(channel, 'close');
  expect(said).toBe('last words');
});

test('a channel is closed when the server says so, not when both directions have ended', async () => {
  const { channel, receiveEnd, receiveClose, of } = opened();
  let isClosed = false;
  channel.once('close', () => {
    isClosed = true;
  });
  channel.resume();
  channel.stderr.resume();
  channel.end();
  receiveEnd();
  await Promise.all([once(channel, 'end'), once(channel, 'finish')]);
  await new Promise(setImmediate);
  expect(isClosed).toBe(false);
  expect(of(MESSAGE.eof)).toHaveLength(1);
  receiveClose();
  await once(channel, 'close');
});

test('who waits for room is let go when the channel is lost', async () => {
  const { channel, lose } = opened();
  const written = new Promise<void>((resolve) => channel.write(Buffer.alloc(9), () => resolve()));
  lose();
  await written;
});
