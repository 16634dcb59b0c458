import assert from 'node:assert/strict';
import { errorCode } from '../../contract/index.ts';
import { failureOf, printed, rejectsWith, sh, soon, text } from './expectations.ts';
import { hearing } from './input.ts';
import { open, type Rule, rule } from './place.ts';
import { ownDirectory } from './sftpDirectory.ts';

export const cutRules: readonly Rule[] = [
  rule('cut: closed says why', ['cut'], async (place) => {
    await using opened = await open(place);
    if (place.has.includes('exec')) printed(await opened.run({ argv: ['true'] }));
    await place.cut!();
    const why = await soon(opened.connection.closed, 'closed');
    assert.match(why ?? '', /\S/, 'It has to be a reason.');
    await soon(opened.connection.close(), 'close() after the cut');
  }),

  rule('cut: a command that runs is unknown, with what it had said', ['exec', 'cut'], async (place) => {
    await using opened = await open(place);
    const onStdout = hearing(place.noise, (said) => said.includes('up\n') && void place.cut!());
    const run = opened.run({ argv: sh('echo up; exec sleep 45'), onStdout });
    const { exit, stdout } = await soon(run, 'A command that ran');
    assert.equal(exit.type, 'unknown');
    assert.equal(text(stdout), 'up\n');
  }),

  rule(
    'cut: a command that is being fed is unknown, and its input is let go',
    ['exec', 'cut'],
    async (place) => {
      await using opened = await open(place);
      const released = Promise.withResolvers<void>();
      let asked = 0;
      async function* endless() {
        try {
          for (; ; asked++) {
            if (asked === 40) void place.cut!();
            yield Buffer.alloc(65_536, 'y');
          }
        } finally {
          released.resolve();
        }
      }
      const run = opened.run({ argv: sh('cat >/dev/null'), stdin: endless() });
      assert.equal((await soon(run, 'A command that was fed')).exit.type, 'unknown');
      await soon(released.promise, 'The input of a command that was cut off');
    },
  ),

  rule('cut: none of several commands says that it has worked', ['exec', 'cut'], async (place) => {
    await using opened = await open(place);
    let up = 0;
    const some = Array.from({ length: 6 }, () => {
      const onStdout = hearing(place.noise, (said) => {
        if (said === 'up\n' && ++up === 1) void place.cut!();
      });
      return opened.run({ argv: sh('echo up; exec sleep 45'), onStdout }).then(
        ({ exit }) => exit.type,
        (error: unknown) => errorCode(error) ?? 'no code',
      );
    });
    const ends = await soon(Promise.all(some), 'Commands that ran');
    const allowed = ['unknown', 'E_UNREACHABLE', 'E_UNKNOWN'];
    assert.deepEqual(
      ends.filter((end) => !allowed.includes(end)),
      [],
    );
    assert.ok(ends.includes('unknown'), 'One of them ran.');
  }),

  rule('cut: what comes after it rejects, and a new connection works', ['exec', 'cut'], async (place) => {
    await using opened = await open(place);
    printed(await opened.run({ argv: ['true'] }));
    await place.cut!();
    await soon(opened.connection.closed, 'closed');
    await rejectsWith(opened.run({ argv: ['true'] }), 'E_UNREACHABLE', 'E_UNKNOWN');
    await using again = await open(place);
    assert.equal(printed(await again.run({ argv: ['echo', 'alive'] })), 'alive\n');
  }),

  rule('cut: every SFTP call rejects, those under way and those to come', ['sftp', 'cut'], async (place) => {
    await using opened = await open(place);
    const sftp = await opened.sftp();
    await sftp.lstat('/');
    const calls = Array.from({ length: 50 }, () => sftp.realpath('.'));
    const ends = Promise.all(calls.map((call) => call.then(() => null, errorCode)));
    await place.cut!();
    const allowed = [null, 'E_UNKNOWN', 'E_UNREACHABLE', 'E_TIMEOUT'];
    const odd = (await soon(ends, 'SFTP calls')).filter((end) => !allowed.includes(end));
    assert.deepEqual(odd, []);
    await soon(opened.connection.closed, 'closed');
    await rejectsWith(sftp.lstat('/'), 'E_UNREACHABLE', 'E_UNKNOWN', 'E_TIMEOUT');
    await soon(failureOf(opened.sftp()), 'SFTP after the cut');
    sftp.close();
  }),

  rule('cut: a file under way is no success, and its content is let go', ['sftp', 'cut'], async (place) => {
    await using directory = await ownDirectory(place);
    await using opened = await open(place);
    const sftp = await opened.sftp();
    const released = Promise.withResolvers<void>();
    async function* endless() {
      try {
        for (let asked = 0; ; asked++) {
          if (asked === 20) void place.cut!();
          yield Buffer.alloc(65_536, 'y');
        }
      } finally {
        released.resolve();
      }
    }
    const writing = sftp.writeFile(`${directory.path}/large`, endless(), { mode: 0o644 });
    await rejectsWith(writing, 'E_UNREACHABLE', 'E_UNKNOWN', 'E_TIMEOUT');
    await soon(released.promise, 'The content of a file that was cut off');
    // The directory goes over a connection of its own.
    await directory.remove();
  }),
];
