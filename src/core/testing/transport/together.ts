import assert from 'node:assert/strict';
import { failureOf, printed, sh, soon } from './expectations.ts';
import { hearing } from './input.ts';
import { open, type Rule, rule } from './place.ts';

export const togetherRules: readonly Rule[] = [
  rule('exec: fifteen at once, each with its own output', ['exec'], async (place) => {
    await using opened = await open(place);
    const all = Array.from({ length: 15 }, (_, index) =>
      opened.run({ argv: sh('cat; echo "$1"', String(index)), stdin: `${index} ` }),
    );
    const out = (await soon(Promise.all(all), 'Fifteen commands')).map(printed);
    assert.deepEqual(
      out,
      all.map((_, index) => `${index} ${index}\n`),
    );
  }),

  rule('exec: twenty five, one after the other', ['exec'], async (place) => {
    await using opened = await open(place);
    for (let index = 0; index < 25; index++) {
      assert.equal(printed(await opened.run({ argv: ['echo', String(index)] })), `${index}\n`);
    }
  }),

  rule(
    'exec: the signal ends the wait, with its reason, and the connection goes on',
    ['exec'],
    async (place) => {
      await using opened = await open(place);
      const stop = new AbortController();
      const reason = new Error('enough');
      const released = Promise.withResolvers<void>();
      const stopped = new Promise((resolve) =>
        stop.signal.addEventListener('abort', resolve, { once: true }),
      );
      async function* waiting() {
        try {
          yield Buffer.from('x');
          await stopped;
        } finally {
          released.resolve();
        }
      }
      const onStdout = hearing(place.noise, (said) => said.includes('up') && stop.abort(reason));
      const run = opened.run({
        argv: sh('echo up; exec cat'),
        stdin: waiting(),
        signal: stop.signal,
        onStdout,
      });
      assert.equal(await soon(failureOf(run), 'A command that was stopped'), reason);
      await soon(released.promise, 'The input of a command that was stopped');
      assert.equal(printed(await opened.run({ argv: ['echo', 'alive'] })), 'alive\n');
    },
  ),

  rule('exec: the signal ends those that wait for their turn', ['exec'], async (place) => {
    await using opened = await open(place);
    const stop = new AbortController();
    const reason = new Error('enough');
    const some = Array.from({ length: 12 }, () =>
      opened.run({ argv: ['sleep', '300'], signal: stop.signal }),
    );
    const failures = Promise.all(some.map(failureOf));
    setImmediate(() => stop.abort(reason));
    assert.deepEqual(
      await soon(failures, 'Commands that were stopped'),
      some.map(() => reason),
    );
    assert.equal(printed(await soon(opened.run({ argv: ['echo', 'alive'] }), 'A command')), 'alive\n');
  }),

  rule('exec and sftp on one connection', ['exec', 'sftp'], async (place) => {
    await using opened = await open(place);
    const sftp = await opened.sftp();
    // A server that allows one channel has this wait until the other is closed.
    const waiting = opened.run({ argv: ['echo', 'my turn'] });
    assert.equal((await sftp.lstat('/'))?.kind, 'directory');
    sftp.close();
    assert.equal(printed(await soon(waiting, 'A command beside SFTP')), 'my turn\n');
  }),
];
