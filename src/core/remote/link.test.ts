import { expect, test } from 'vitest';
import { type Connection, CutoverError, type Transport } from '../contract/index.ts';
import { linkTo, never } from '../testing/engineHere.ts';

/** A server that counts who comes; a connection breaks when it is told to. */
function counting(fails: (attempt: number) => boolean = () => false) {
  const made: { breakIt: () => void; isClosed: boolean }[] = [];
  let attempts = 0;
  const transport: Transport = {
    address: 'there',
    async connect() {
      if (fails(++attempts)) throw new CutoverError('E_UNREACHABLE', 'no');
      const closed = Promise.withResolvers<string | null>();
      const each = { breakIt: () => closed.resolve('cut'), isClosed: false };
      made.push(each);
      return {
        closed: closed.promise,
        async close() {
          each.isClosed = true;
          closed.resolve(null);
        },
      } satisfies Connection;
    },
  };
  return { transport, made, attempts: () => attempts };
}

test('nothing is connected before it is used, and all share one connection', async () => {
  const { transport, attempts } = counting();
  const link = linkTo(transport);
  expect(attempts()).toBe(0);
  const all = await Promise.all([link.connection(never), link.connection(never), link.connection(never)]);
  expect(new Set(all).size).toBe(1);
  expect(await link.connection(never)).toBe(all[0]);
  expect(attempts()).toBe(1);
});

test('a connection that broke is replaced, one that could not be made is tried again', async () => {
  const { transport, made, attempts } = counting((attempt) => attempt === 1);
  const link = linkTo(transport);
  await expect(link.connection(never)).rejects.toMatchObject({ code: 'E_UNREACHABLE' });
  const first = await link.connection(never);
  made[0]!.breakIt();
  await first.closed;
  expect(await link.connection(never)).not.toBe(first);
  expect(attempts()).toBe(3);
});

test('closing ends the connection, also one that is just being made, and nothing comes after it', async () => {
  const used = counting();
  const link = linkTo(used.transport);
  const connecting = link.connection(never);
  const ended = expect(connecting).rejects.toMatchObject({ code: 'E_INTERRUPTED' });
  await link.close();
  await ended;
  expect(used.made.map((each) => each.isClosed)).toEqual([true]);
  expect(() => link.connection(never)).toThrow(expect.objectContaining({ code: 'E_BUG' }));
  const unused = counting();
  await linkTo(unused.transport).close();
  expect(unused.attempts()).toBe(0);
  const broken = linkTo(counting(() => true).transport);
  await broken.connection(never).catch(() => {});
  await broken.close();
});

test('a login ahead of time that failed is told to the first who needs it, and not made again for that', async () => {
  const { transport, attempts } = counting((attempt) => attempt === 1);
  const link = linkTo(transport);
  link.warm();
  await new Promise(setImmediate);
  await expect(link.connection(never)).rejects.toMatchObject({ code: 'E_UNREACHABLE' });
  expect(attempts()).toBe(1);
  await link.connection(never);
  expect(attempts()).toBe(2);
});
