// @ts-check
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { fakeNotice, fakeScope } from 'cutover/testing';
import { notifier } from './notifier.js';

/**
 * Has the notifier tell something to a server that answers like this, and gives what it was sent.
 * @param {number} status
 */
async function tell(status) {
  /** @type {string[]} */
  const bodies = [];
  const server = createServer(async (request, response) => {
    bodies.push(Buffer.concat(await request.toArray()).toString());
    response.writeHead(status).end();
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(null)));
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  const scope = fakeScope({ secrets: { URL: `http://127.0.0.1:${port}/` } });
  try {
    await notifier.create(notifier.parse({ url: { env: 'URL' } }), scope).notify(fakeNotice(), scope);
    return bodies.map((body) => JSON.parse(body));
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

test('posts the text of the notice', async () => {
  const { text, event, release } = fakeNotice();
  assert.deepEqual(await tell(204), [{ text, event, release }]);
});

test('an answer that is no success is told', async () => {
  await assert.rejects(tell(500), { message: 'it answered 500 Internal Server Error' });
});

test('a secret that stands in the configuration is refused', () => {
  assert.throws(() => notifier.parse({ url: 'https://example.com/token' }), {
    message: /secret by reference/,
  });
});
