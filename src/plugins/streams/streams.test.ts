import { PassThrough, Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { feed } from './feed.ts';
import { untilQuiet } from './quiet.ts';
import { keepTail } from './tail.ts';

test('a tail holds the last bytes and not what went by', () => {
  const tail = keepTail(5);
  for (const word of ['abc', 'defghijkl', '', 'm', 'n']) tail.push(Buffer.from(word));
  expect(Buffer.from(tail.bytes()).toString()).toBe('jklmn');
  const huge = keepTail(10);
  huge.push(Buffer.alloc(50_000_000));
  expect((huge.bytes() as Buffer).buffer.byteLength).toBeLessThan(100_000);
  const none = keepTail(0);
  none.push(Buffer.from('x'));
  expect(none.bytes().length).toBe(0);
});

test('writing waits for a slow reader', async () => {
  let inFlight = 0;
  let most = 0;
  const slow = new Writable({
    highWaterMark: 10,
    write: (_chunk, _encoding, done) => setImmediate(done),
  });
  async function* source() {
    for (let index = 0; index < 20; index++) {
      most = Math.max(most, slow.writableLength);
      inFlight++;
      yield Buffer.alloc(10);
    }
  }
  await feed(slow, source());
  expect(inFlight).toBe(20);
  expect(most).toBeLessThanOrEqual(10);
});

test('the memory of a chunk may be used again when the next is asked for, whatever the stream would hold', async () => {
  const taken: string[] = [];
  const roomy = new Writable({
    highWaterMark: 1_000_000,
    write: (chunk, _encoding, done) =>
      setImmediate(() => {
        taken.push(String(chunk));
        done();
      }),
  });
  async function* source() {
    const memory = Buffer.alloc(1);
    for (const letter of 'abc') {
      memory.write(letter);
      yield memory;
    }
  }
  await feed(roomy, source());
  expect(taken).toEqual(['a', 'b', 'c']);
});

test('a reader that goes away ends the writing, also while it is waited for', async () => {
  const stuck = new Writable({ highWaterMark: 1, write: () => {} });
  let closed = false;
  async function* source() {
    try {
      for (;;) yield Buffer.alloc(10);
    } finally {
      closed = true;
    }
  }
  const feeding = feed(stuck, source());
  setImmediate(() => stuck.destroy(new Error('EPIPE')));
  await feeding;
  expect(closed).toBe(true);
});

test('a source that fails leaves the stream open and is the error', async () => {
  const sink = new PassThrough();
  async function* torn() {
    yield Buffer.from('half');
    throw new Error('changed');
  }
  await expect(feed(sink, torn())).rejects.toThrow('changed');
  expect(sink.writableEnded).toBe(false);
});

test('quiet is the end of all streams, or none speaking', async () => {
  const [one, two] = [new PassThrough().resume(), new PassThrough().resume()];
  const both = untilQuiet([one, two], 60_000);
  one.end();
  two.end();
  await both;
  await untilQuiet([one, two], 60_000);
  await untilQuiet([new PassThrough().resume(), one], 1);
});
