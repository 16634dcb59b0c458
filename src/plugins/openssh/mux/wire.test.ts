import { expect, test } from 'vitest';
import { deframe, encode, reader, uint32 } from './wire.ts';

test('packets are told whole, however they arrive', () => {
  const bodies = [Buffer.alloc(0), encode(['exec', true, new Uint8Array([1, 2])]), encode([7])];
  const stream = Buffer.concat(bodies.flatMap((body) => [uint32(body.length), body]));
  for (const size of [1, 3, stream.length]) {
    const frames: Buffer[] = [];
    const take = deframe((frame) => frames.push(frame));
    for (let at = 0; at < stream.length; at += size) take(stream.subarray(at, at + size));
    expect(frames).toEqual(bodies);
  }
});

test('fields are read as they were written, and no further', () => {
  const packet = reader(encode(['exec', true, 3, new Uint8Array([1, 2])]));
  expect([packet.text(), packet.byte(), packet.uint32(), [...packet.bytes()]]).toEqual([
    'exec',
    1,
    3,
    [1, 2],
  ]);
  expect(() => packet.byte()).toThrow(RangeError);
});

test('what is no packet is not waited for', () => {
  expect(() => deframe(() => {})(Buffer.from('Welcome'))).toThrow('a packet of');
});
