import { EventEmitter } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { SFTPWrapper } from '../client.ts';
import { gatherRequests } from './gather.ts';

/** As ssh2 has it inside: what leaves, a text for each packet. */
function channel(breaks = false) {
  const sent: string[] = [];
  const inside = Object.assign(new EventEmitter(), {
    outgoing: { id: 7, packetSize: 8, state: 'open' },
    _protocol: {
      channelData(id: number, data: Buffer) {
        if (breaks) throw new Error('it broke');
        sent.push(`${id} ${data}`);
      },
      channelClose: (id: number) => void sent.push(`${id} closed`),
    },
  });
  gatherRequests(inside as unknown as SFTPWrapper);
  const ask = (text: string) => inside._protocol.channelData(7, Buffer.from(text));
  return { sent, inside, ask };
}

test('requests of one turn share a packet, in their order', async () => {
  const { sent, ask } = channel();
  ask('one');
  ask('two');
  await Promise.resolve().then(() => ask('3'));
  await setImmediate();
  ask('four');
  await setImmediate();
  expect(sent).toEqual(['7 onetwo3', '7 four']);
});

test('a packet is no longer than the server takes', async () => {
  const { sent, ask } = channel();
  for (const text of ['one', 'two', 'three', 'a-lot-in', 'x']) ask(text);
  await setImmediate();
  expect(sent).toEqual(['7 onetwo', '7 three', '7 a-lot-in', '7 x']);
});

test('what was asked before the channel is closed leaves before', async () => {
  const { sent, inside, ask } = channel();
  ask('last');
  inside.outgoing.state = 'closing';
  inside._protocol.channelClose(7);
  await setImmediate();
  expect(sent).toEqual(['7 last', '7 closed']);
});

test('nothing leaves on a channel that the server has closed', async () => {
  const { sent, inside, ask } = channel();
  ask('late');
  inside.outgoing.state = 'closed';
  await setImmediate();
  expect(sent).toEqual([]);
});

test('what breaks on the way out is told to who listens on the channel', async () => {
  const { inside, ask } = channel(true);
  const errors: string[] = [];
  inside.on('error', ({ message }: Error) => errors.push(message));
  ask('one');
  await setImmediate();
  expect(errors).toEqual(['it broke']);
});
