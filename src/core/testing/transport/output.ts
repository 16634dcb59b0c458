import assert from 'node:assert/strict';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { printed, sh, soon, text } from './expectations.ts';
import { hearing } from './input.ts';
import { open, type Rule, rule } from './place.ts';

const MIB = 1024 ** 2;

export const outputRules: readonly Rule[] = [
  rule('exec: output comes while the command runs', ['exec'], async (place) => {
    await using opened = await open(place);
    const asked = Promise.withResolvers<void>();
    const complained = Promise.withResolvers<void>();
    async function* answer() {
      await Promise.all([asked.promise, complained.promise]);
      yield Buffer.from('yes\n');
    }
    const onStdout = hearing(place.noise, (said) => said.includes('sure?') && asked.resolve());
    const onStderr = hearing('', (said) => said.includes('hurry') && complained.resolve());
    const argv = sh('echo sure?; echo hurry >&2; read answer; echo "$answer"');
    const run = opened.run({ argv, stdin: answer(), onStdout, onStderr });
    assert.equal(printed(await soon(run, 'A command that asks')), 'sure?\nyes\n');
  }),

  rule('exec: the pieces are all of the output', ['exec'], async (place) => {
    await using opened = await open(place);
    const pieces: Buffer[] = [];
    const onStdout = (chunk: Uint8Array) => void pieces.push(Buffer.from(chunk));
    const argv = sh('i=0; while [ $i -lt 500 ]; do echo line $i; i=$((i+1)); done');
    const out = printed(await opened.run({ argv, onStdout }));
    assert.equal(Buffer.concat(pieces).toString(), (place.noise ?? '') + out);
    assert.equal(out, Array.from({ length: 500 }, (_, index) => `line ${index}\n`).join(''));
  }),

  rule('exec: much output on either stream stops nothing', ['exec'], async (place) => {
    await using opened = await open(place);
    const argv = sh(
      'head -c 8000000 /dev/zero >&2; head -c 8000000 /dev/zero; echo end; head -c 9000000 /dev/zero >&2',
    );
    const seen = { out: -Buffer.byteLength(place.noise ?? ''), err: 0 };
    const { exit, stdout } = await opened.run({
      argv,
      onStdout: (chunk) => {
        seen.out += chunk.length;
      },
      onStderr: (chunk) => {
        seen.err += chunk.length;
      },
    });
    assert.deepEqual(exit, { type: 'code', code: 0 });
    assert.equal(seen.out, 8_000_004);
    assert.ok(seen.err >= 17_000_000, `${seen.err} of 17,000,000 bytes came.`);
    assert.ok(text(stdout).endsWith('end\n'));
  }),

  rule('exec: the result holds the end of each stream, as much as was asked for', ['exec'], async (place) => {
    await using opened = await open(place);
    const argv = sh('head -c 3000000 /dev/zero; echo end; head -c 100000 /dev/zero >&2; echo end >&2');
    const lengths = async (keepBytes?: number) => {
      const result = await opened.run({ argv, ...(keepBytes === undefined ? {} : { keepBytes }) });
      if (keepBytes !== 0) assert.ok(text(result.stdout).endsWith('end\n'), 'The end is not the end.');
      return [result.stdout.length, result.stderr.length];
    };
    assert.deepEqual(await lengths(), [65_536, 65_536]);
    assert.deepEqual(await lengths(50), [50, 50]);
    assert.deepEqual(await lengths(0), [0, 0]);
    assert.equal((await lengths(10_000_000))[0], 3_000_004);
  }),

  rule('exec: output that is shut early is no end', ['exec'], async (place) => {
    await using opened = await open(place);
    const run = opened.run({
      argv: sh('exec 1>&- 2>&-; sleep 1; cat >/dev/null; exit 7'),
      stdin: 'x'.repeat(MIB),
    });
    const { exit } = await soon(run, 'A command that shuts its output');
    assert.deepEqual(exit, { type: 'code', code: 7 });
  }),

  {
    ...rule('exec: of 64 MiB of output little is in memory at any time', ['exec'], async (place) => {
      await using opened = await open(place);
      const collect = garbageCollector();
      collect();
      const before = process.memoryUsage().arrayBuffers;
      let seenBytes = 0;
      let most = 0;
      let next = 16 * MIB;
      await opened.run({
        argv: sh('head -c 67108864 /dev/zero'),
        onStdout: (chunk) => {
          seenBytes += chunk.length;
          if (seenBytes < next) return;
          next += 16 * MIB;
          collect();
          most = Math.max(most, process.memoryUsage().arrayBuffers - before);
        },
      });
      assert.ok(seenBytes >= 64 * MIB, `${seenBytes} bytes came.`);
      assert.ok(most < MOST_HELD_BYTES, `${Math.round(most / MIB)} MiB were held.`);
    }),
    isAlone: true,
  },
];

/** A line that is made in this process holds some, too. */
const MOST_HELD_BYTES = 24 * MIB;

function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  return () => {
    collect();
    // What was found to be free is counted as such by the next one.
    collect();
  };
}
