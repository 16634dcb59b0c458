import { expect, test } from 'vitest';
import { startReceiver } from '../testing/receiver.ts';
import { fakeScope } from '../testing/scope.ts';
import { call } from './call.ts';

const options = { who: 'Chat', timeout: 5_000, retries: 0, allowInsecure: false };

async function askOf(status: number, body: string): Promise<string> {
  await using receiver = await startReceiver((response) => response.writeHead(status).end(body));
  const meanings = { 404: 'there is no such room' };
  return await call(
    { ...options, url: `${receiver.url}/s3cret`, body: { a: 1 }, meanings },
    fakeScope(),
  ).then(
    (answer) => answer.body,
    (error: Error) => error.message.replace(receiver.url, 'URL'),
  );
}

test('an object is sent as JSON, a text as it is, and the answer comes back', async () => {
  await using receiver = await startReceiver((response) => response.end('yes'));
  const send = (body?: object | string) =>
    call({ ...options, url: receiver.url, ...(body === undefined ? {} : { body }) }, fakeScope());
  expect((await send({ a: 'ü' })).body).toBe('yes');
  await send('text');
  await send();
  expect(receiver.received.map(({ body }) => body)).toEqual(['{"a":"ü"}', 'text', '']);
});

test.each([
  [404, '', 'it answered 404: there is no such room.'],
  [404, 'no_room', 'it answered 404: there is no such room (no_room).'],
  [422, '{"message":"too\\n long"}', 'it answered 422: too long.'],
  [422, '{"error":{"message":"too long"}}', 'it answered 422: too long.'],
  [422, '{"description":"too long"}', 'it answered 422: too long.'],
  [422, '{"detail":"too long"}', 'it answered 422: too long.'],
  [422, '{"errors":["too long", "too short"]}', 'it answered 422: too long.'],
  [422, '{"errors":[{"message":"too long"}]}', 'it answered 422: too long.'],
  [422, '{"code":7}', 'it answered 422.'],
  [422, '<p>no</p>', 'it answered 422.'],
  [422, 'x'.repeat(301), 'it answered 422.'],
  [404, '<!DOCTYPE html><title>No</title>', 'it answered 404: there is no such room.'],
  [200, '<html><title>Log in</title>', 'it answered with a web page.'],
])('%i with %j is told in its words', async (status, body, why) => {
  expect(await askOf(status, body)).toBe(`Chat at URL did not take the notice: ${why}`);
});
