import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import type { Connection, ExecRequest, Transport } from '../../contract/index.ts';
import { CutoverError } from '../../contract/index.ts';
import { linkTo } from '../../testing/engineHere.ts';
import { localTransport } from '../../testing/localConnection.ts';
import { pidOf, run, warm } from './testing/openShells.ts';

test('what keeps a shell from being opened is told by the script', async () => {
  const refused = new CutoverError('E_CAPABILITY', 'The server refuses to run commands for this user.');
  const there = localTransport();
  const link = warm({
    ...there,
    connect: async (scope) => ({ ...(await there.connect(scope)), exec: () => Promise.reject(refused) }),
  });
  await expect(run(link, ':')).rejects.toBe(refused);
  await link.close();
});

test.each([
  ['ends at once', ['sh', '-c', 'exit 0']],
  ['only repeats what it is told', ['cat']],
  ['reads to the end and says nothing', ['sh', '-c', 'cat >/dev/null']],
])('a login that %s is told from a shell', async (_, argv) => {
  const link = warm(localTransport({ wrap: () => argv }));
  await expect(run(link, ':')).rejects.toMatchObject({
    code: 'E_CAPABILITY',
    message: expect.stringMatching(/runs no POSIX shell/),
  });
  await link.close();
});

test('a shell that reads all of its input before it runs any serves one script', async () => {
  const link = warm(localTransport({ wrap: () => ['sh', '-c', 'eval "$(cat)"'] }));
  expect((await run(link, 'field hello you')).one('hello')).toBe('you');
  await link.close();
});

test('a transport may ask for the input, and throw, before its exec has returned', async () => {
  const asking = eager((exec) => (request) => exec({ ...request, stdin: askedAtOnce(request.stdin) }));
  const link = warm(asking);
  link.expectUpload();
  async function* content() {
    yield Buffer.from('sent');
  }
  expect((await run(link, 'field got "$(cat)"', { upload: content })).one('got')).toBe('sent');
  expect(await pidOf(link)).toBe(await pidOf(link));
  await link.close();
  const throwing = eager(() => () => {
    throw new CutoverError('E_CAPABILITY', 'no program is run here');
  });
  await expect(pidOf(warm(throwing))).rejects.toThrow('no program is run here');
  await expect(pidOf(linkTo(throwing))).rejects.toThrow('no program is run here');
});

type Exec = NonNullable<Connection['exec']>;

function eager(change: (exec: Exec) => Exec): Transport {
  const { address, connect } = localTransport();
  return {
    address,
    async connect(scope) {
      const connection = await connect(scope);
      return { ...connection, exec: change(connection.exec!) };
    },
  };
}

function askedAtOnce(content: ExecRequest['stdin'] = ''): AsyncIterable<Uint8Array> {
  const pieces = typeof content === 'string' ? Readable.from([Buffer.from(content)]) : content;
  const iterator = pieces[Symbol.asyncIterator]();
  const first = iterator.next();
  return (async function* () {
    for (let piece = await first; piece.done !== true; piece = await iterator.next()) yield piece.value;
  })();
}
