import assert from 'node:assert/strict';
import { failureOf, printed, soon } from './expectations.ts';
import { open, type Rule, rule, type TransportPlace } from './place.ts';

export const pauseRules: readonly Rule[] = [
  rule('pause: a command waits for a slow server', ['exec', 'pause'], async (place) => {
    await using opened = await open(place);
    printed(await opened.run({ argv: ['true'] }));
    await place.pause!();
    const run = opened.run({ argv: ['cat'], stdin: 'late' });
    await delayed(place);
    assert.equal(printed(await soon(run, 'A command')), 'late');
  }),

  rule('pause: SFTP waits for a slow server', ['sftp', 'pause'], async (place) => {
    await using opened = await open(place);
    const sftp = await opened.sftp();
    await place.pause!();
    const asked = Promise.all([sftp.lstat('/'), sftp.realpath('.')]);
    await delayed(place);
    assert.equal((await soon(asked, 'SFTP calls'))[0]?.kind, 'directory');
  }),

  rule('pause: the signal does not wait for the server', ['exec', 'pause'], async (place) => {
    await using opened = await open(place);
    printed(await opened.run({ argv: ['true'] }));
    await place.pause!();
    try {
      const stop = new AbortController();
      const reason = new Error('enough');
      const run = opened.run({ argv: ['true'], signal: stop.signal });
      setTimeout(() => stop.abort(reason), 50);
      assert.equal(await soon(failureOf(run), 'A command'), reason);
    } finally {
      await place.resume!();
    }
  }),

  rule('pause: close() does not wait for the server', ['pause'], async (place) => {
    const { connection } = await open(place);
    await place.pause!();
    try {
      await soon(connection.close(), 'close()');
      assert.equal(await soon(connection.closed, 'closed'), null);
    } finally {
      await place.resume!();
    }
  }),

  rule('pause: a server that stays silent is given up', ['pause', 'impatient'], async (place) => {
    await using opened = await open(place, place.impatient!());
    await place.pause!();
    try {
      assert.match((await soon(opened.connection.closed, 'closed')) ?? '', /\S/);
    } finally {
      await place.resume!();
    }
  }),
];

const SLOW_MS = 700;

async function delayed(place: TransportPlace): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, SLOW_MS));
  await place.resume!();
}
