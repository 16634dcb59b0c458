import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { eventually, failureOf, printed, sh, sha256, soon, text } from './expectations.ts';
import { open, type Rule, rule } from './place.ts';

const MIB = 1024 ** 2;

export const inputRules: readonly Rule[] = [
  rule('exec: a text of 3 MB goes in whole', ['exec'], async (place) => {
    await using opened = await open(place);
    const script = `${'# a comment that fills every window\n'.repeat(90_000)}echo ran\n`;
    assert.equal(printed(await opened.run({ argv: ['sh', '-s'], stdin: script })), 'ran\n');
  }),

  rule('exec: text goes in as UTF-8, bytes as they are', ['exec'], async (place) => {
    await using opened = await open(place);
    const words = 'ü 日本語 \u{1f680}\n';
    assert.equal(printed(await opened.run({ argv: ['cat'], stdin: words })), words);
    const all = Uint8Array.from({ length: 256 * 16 }, (_, index) => index & 255);
    const { stdout } = await opened.run({ argv: ['cat'], stdin: piecesOf([all, new Uint8Array(), all]) });
    assert.ok(Buffer.concat([all, all]).equals(stdout), 'Bytes changed on their way.');
  }),

  rule('exec: without input there is none, and it has ended', ['exec'], async (place) => {
    await using opened = await open(place);
    const counted = opened.run({ argv: ['wc', '-c'] });
    assert.equal(printed(await soon(counted, 'A command without input')).trim(), '0');
    const empty = opened.run({ argv: ['wc', '-c'], stdin: piecesOf([]) });
    assert.equal(printed(await soon(empty, 'A command with an empty input')).trim(), '0');
  }),

  rule('exec: a stream goes in whole, although its memory is used again', ['exec'], async (place) => {
    await using opened = await open(place);
    const wanted = createHash('sha256');
    const used = Buffer.alloc(MIB);
    async function* content() {
      for (let index = 0; index < 24; index++) {
        // Odd sizes, so that no window is filled evenly.
        const piece = used.fill(index * 7 + 1).subarray(0, MIB - index * 1_001);
        wanted.update(piece);
        yield piece;
      }
    }
    const out = printed(await opened.run({ argv: ['sha256sum'], stdin: content() }));
    assert.equal(out.split(' ')[0], wanted.digest('hex'));
  }),

  rule('exec: an input that throws ends the command, and is the error', ['exec'], async (place) => {
    await using opened = await open(place);
    const pid = Promise.withResolvers<string>();
    const torn = new Error('the file has changed');
    async function* content() {
      yield Buffer.from('half');
      await pid.promise;
      throw torn;
    }
    const heard = hearing(place.noise, (said) => /^\d+\n/.test(said) && pid.resolve(said.trim()));
    const run = opened.run({ argv: sh('echo $$; exec cat >/dev/null'), stdin: content(), onStdout: heard });
    assert.equal(await soon(failureOf(run), 'A command whose input throws'), torn);
    const alive = async () => {
      const { exit } = await opened.run({ argv: sh('kill -0 "$1"', await pid.promise) });
      return exit.type === 'code' && exit.code === 0;
    };
    await eventually(async () => !(await alive()), 'The command still runs');
  }),

  rule('exec: a command that does not read is judged by its exit', ['exec'], async (place) => {
    await using opened = await open(place);
    const large = 'x'.repeat(5 * MIB);
    const unread = await opened.run({ argv: sh('exit 4'), stdin: large });
    assert.deepEqual(unread.exit, { type: 'code', code: 4 });
    const shut = await opened.run({ argv: sh('exec 0<&-; sleep 1; exit 6'), stdin: large });
    assert.deepEqual(shut.exit, { type: 'code', code: 6 });
  }),

  rule('exec: nobody asks an endless input for more than the command took', ['exec'], async (place) => {
    await using opened = await open(place);
    const released = Promise.withResolvers<void>();
    async function* endless() {
      try {
        for (;;) yield Buffer.alloc(65_536, 'y');
      } finally {
        released.resolve();
      }
    }
    const run = opened.run({ argv: sh('head -c 1000000 | wc -c; exit 4'), stdin: endless() });
    const { exit, stdout } = await soon(run, 'A command with an endless input');
    assert.deepEqual([exit, text(stdout).trim()], [{ type: 'code', code: 4 }, '1000000']);
    await soon(released.promise, 'The input of a command that has ended');
  }),

  rule('exec: the input waits while the command does', ['exec'], async (place) => {
    await using opened = await open(place);
    let asked = 0;
    let askedBefore = Number.POSITIVE_INFINITY;
    const piece = Buffer.alloc(MIB, 'z');
    async function* content() {
      for (; asked < 40; asked++) yield piece;
    }
    const { exit, stdout } = await opened.run({
      argv: sh('sleep 1; echo now >&2; wc -c'),
      stdin: content(),
      onStderr: () => {
        askedBefore = Math.min(askedBefore, asked);
      },
    });
    assert.deepEqual([exit, Number(text(stdout))], [{ type: 'code', code: 0 }, 40 * MIB]);
    assert.ok(askedBefore < 32, `${askedBefore} MiB were asked for before anybody read.`);
  }),

  rule('exec: 16 MiB go in and come back at the same time', ['exec'], async (place) => {
    await using opened = await open(place);
    const piece = Buffer.alloc(MIB, 'both ways ');
    const back = createHash('sha256');
    const pieces = Array.from({ length: 16 }, () => piece);
    const noise = Buffer.byteLength(place.noise ?? '');
    let skipped = 0;
    const { exit } = await opened.run({
      argv: ['cat'],
      stdin: piecesOf(pieces),
      onStdout: (chunk) => {
        const skip = Math.min(noise - skipped, chunk.length);
        skipped += skip;
        back.update(chunk.subarray(skip));
      },
    });
    assert.deepEqual(exit, { type: 'code', code: 0 });
    assert.equal(back.digest('hex'), sha256(...pieces));
  }),
];

export async function* piecesOf(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces;
}

/** Tells what was said so far, without the noise of start-up files. */
export function hearing(noise: string | undefined, tell: (said: string) => void) {
  let said = '';
  return (chunk: Uint8Array) => {
    said += text(chunk);
    tell(said.slice(said.startsWith(noise ?? '') ? (noise ?? '').length : 0));
  };
}
