import assert from 'node:assert/strict';
import { failureOf, printed, sh, soon } from './expectations.ts';
import { hearing } from './input.ts';
import { open, type Rule, rule, scopeOf } from './place.ts';

export const lifetimeRules: readonly Rule[] = [
  rule('it has an address, and connections have what is said of them', [], async (place) => {
    const transport = await place.transport();
    assert.match(transport.address, /\S/);
    await using opened = await open(place, transport);
    const { exec, sftp } = opened.connection;
    assert.equal(exec !== undefined, place.has.includes('exec'), 'exec');
    assert.equal(sftp !== undefined, place.has.includes('sftp'), 'sftp');
  }),

  rule('closed is null when we close, which may be done twice', [], async (place) => {
    const { connection } = await open(place);
    await soon(connection.close(), 'close()');
    assert.equal(await soon(connection.closed, 'closed'), null);
    await soon(connection.close(), 'close() again');
    await soon(Promise.all([connection.close(), connection.close()]), 'close() twice at once');
  }),

  rule('closed is null also where close() is called twice at once', [], async (place) => {
    const { connection } = await open(place);
    await soon(Promise.all([connection.close(), connection.close()]), 'close() twice at once');
    assert.equal(await soon(connection.closed, 'closed'), null);
  }),

  rule('exec: nothing starts on a connection that was closed', ['exec'], async (place) => {
    const { connection, run } = await open(place);
    await connection.close();
    await soon(failureOf(run({ argv: ['true'] })), 'A command after close()');
  }),

  rule('sftp: nothing opens on a connection that was closed', ['sftp'], async (place) => {
    const { connection, sftp } = await open(place);
    await connection.close();
    await soon(failureOf(sftp()), 'SFTP after close()');
  }),

  rule('exec: what becomes of a command that runs while we close is unknown', ['exec'], async (place) => {
    const { connection, run } = await open(place);
    const up = Promise.withResolvers<void>();
    const onStdout = hearing(place.noise, (said) => said.includes('up') && up.resolve());
    const running = run({ argv: sh('echo up; exec cat'), stdin: never(), onStdout });
    await soon(up.promise, 'The first output');
    await soon(connection.close(), 'close()');
    assert.equal((await soon(running, 'A command that ran')).exit.type, 'unknown');
    assert.equal(await connection.closed, null);
  }),

  rule('sftp: what is under way while we close rejects', ['sftp'], async (place) => {
    const { connection, sftp } = await open(place);
    const channel = await sftp();
    await connection.close();
    await soon(failureOf(channel.lstat('/')), 'A request after close()');
  }),

  rule('two connections do not know of one another', [], async (place) => {
    const one = await open(place);
    await using other = await open(place);
    await one.connection.close();
    if (place.has.includes('exec')) {
      assert.equal(printed(await other.run({ argv: ['echo', 'alive'] })), 'alive\n');
    } else {
      assert.equal((await (await other.sftp()).lstat('/'))?.kind, 'directory');
    }
  }),

  rule('connect: a signal that has fired connects to nothing', [], async (place) => {
    const reason = new Error('over before it began');
    const transport = await place.transport();
    const connecting = transport.connect(scopeOf(place, AbortSignal.abort(reason)));
    await soon(failureOf(connecting), 'connect()');
  }),
];

/** An input that does not end before nobody wants it any more. */
async function* never(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('x');
  await new Promise(() => {});
}
