import { expect, test } from 'vitest';
import { makeUser } from './testing/client.ts';
import { startTestServer } from './testing/server.ts';

const never = new AbortController().signal;
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();

test('arguments arrive as they are', async () => {
  await using server = await startTestServer();
  await using user = await makeUser();
  await user.trust(server);
  const connection = await user.connectTo(server);
  const words = ["it's", '$(id)', 'a b', '', '-rf', '*', 'ü\n', '"', '`x`', '\\'];
  const result = await connection.exec?.({ argv: ['printf', '[%s]', ...words], signal: never });
  expect(result?.exit).toEqual({ type: 'code', code: 0 });
  expect(text(result?.stdout ?? Buffer.alloc(0))).toBe(words.map((word) => `[${word}]`).join(''));
});
