import { expect, test } from 'vitest';
import { startReceiver } from '../testing/receiver.ts';
import { fakeScope } from '../testing/scope.ts';
import { type Letter, post } from './post.ts';

const letter = {
  who: 'the webhook',
  body: '{"a":"ü"}',
  timeout: 5_000,
  retries: 2,
  allowInsecure: false,
  firstPauseMs: 1,
};

function send(given: Partial<Letter> & { readonly url: string }, scope = fakeScope()) {
  return post({ ...letter, ...given }, scope);
}

test('a letter is posted as JSON, and the answer given', async () => {
  await using receiver = await startReceiver((response) => response.writeHead(201).end('thanks'));
  const url = `${receiver.url}/in?key=s3cret`;
  expect(await send({ url, headers: { 'x-more': 'yes' } })).toMatchObject({ status: 201, body: 'thanks' });
  expect(receiver.received).toMatchObject([
    {
      method: 'POST',
      path: '/in?key=s3cret',
      headers: { 'content-type': 'application/json', 'content-length': '10', 'x-more': 'yes' },
      body: '{"a":"ü"}',
    },
  ]);
});

test.each([429, 500, 503])('%i is tried again until it is taken, with the very same body', async (status) => {
  await using receiver = await startReceiver((response) =>
    response.writeHead(receiver.received.length < 3 ? status : 200, { 'retry-after': '0' }).end(),
  );
  expect(await send({ url: receiver.url })).toMatchObject({ status: 200 });
  expect(receiver.received.map(({ body }) => body)).toEqual([letter.body, letter.body, letter.body]);
});

test('a connection that is cut is tried again', async () => {
  await using receiver = await startReceiver((response, _, request) => {
    if (receiver.received.length === 1) request.socket.destroy();
    else response.end();
  });
  await send({ url: receiver.url });
  expect(receiver.received).toHaveLength(2);
});

test.each([400, 401, 404, 410])('%i is final', async (status) => {
  await using receiver = await startReceiver((response) => response.writeHead(status).end());
  await expect(send({ url: `${receiver.url}/s3cret` })).rejects.toMatchObject({
    code: 'E_PLUGIN',
    message: `The webhook at ${receiver.url} did not take the notice: it answered ${status}.`,
  });
  expect(receiver.received).toHaveLength(1);
});

test('what goes on failing is told with the number of attempts', async () => {
  await using receiver = await startReceiver((response) => response.writeHead(502).end());
  await expect(send({ url: receiver.url, retries: 1 })).rejects.toThrow('it answered 502 (tried 2 times).');
});

test('who asks for a long pause is not waited for', async () => {
  await using receiver = await startReceiver((response) =>
    response.writeHead(429, { 'retry-after': '120' }).end(),
  );
  await expect(send({ url: receiver.url })).rejects.toThrow('it answered 429 and asks to wait for 120 s.');
  expect(receiver.received).toHaveLength(1);
});

test('a redirect is not followed', async () => {
  await using elsewhere = await startReceiver();
  await using receiver = await startReceiver((response) =>
    response.writeHead(307, { location: elsewhere.url }).end(),
  );
  await expect(send({ url: receiver.url })).rejects.toThrow('answered 307, and redirects are not followed');
  expect(elsewhere.received).toEqual([]);
});

test('a receiver that does not answer, or not to the end, is given up', async () => {
  await using silent = await startReceiver(() => {});
  await expect(send({ url: silent.url, timeout: 40, retries: 0 })).rejects.toThrow(
    'it did not answer within 40 ms',
  );
  await using slow = await startReceiver((response) => void response.writeHead(200).write('…'));
  await expect(send({ url: slow.url, timeout: 40, retries: 0 })).rejects.toThrow(
    'it did not answer within 40 ms',
  );
});

test('the signal ends it while it waits for an answer, and between two attempts', {
  timeout: 5_000,
}, async () => {
  const stop = new AbortController();
  await using silent = await startReceiver(() => stop.abort(new Error('enough')));
  await expect(send({ url: silent.url }, fakeScope({ signal: stop.signal }))).rejects.toThrow('enough');

  const later = new AbortController();
  await using failing = await startReceiver((response) => response.writeHead(500).end());
  // The clock is read to know how long to pause.
  const now = () => {
    setImmediate(() => later.abort(new Error('enough')));
    return new Date();
  };
  const scope = { ...fakeScope({ signal: later.signal }), now };
  await expect(send({ url: failing.url, firstPauseMs: 9_000 }, scope)).rejects.toThrow('enough');
});

test('of the receiver’s own words only those are shown that are not in the address', async () => {
  await using receiver = await startReceiver((response, { path }) =>
    response.writeHead(404).end(`no hook ${path}, nor k%C3%BCchen1, nor küchen1`),
  );
  const explain: Letter['explain'] = ({ body }) => body;
  await expect(
    send({ url: `${receiver.url}/hooks/T0-s3cret?token=k%C3%BCchen1`, explain }),
  ).rejects.toMatchObject({
    message: expect.stringMatching(/it answered 404: no hook [^/]*\*\*\*, nor \*\*\*, nor \*\*\*\.$/),
  });
});

test('an address that leads nowhere is named without its path', async () => {
  const receiver = await startReceiver();
  await receiver[Symbol.asyncDispose]();
  await expect(send({ url: `${receiver.url}/s3cret`, retries: 0 })).rejects.toThrow(
    `The webhook at ${receiver.url} did not take the notice: nothing listens there (connection refused).`,
  );
});
