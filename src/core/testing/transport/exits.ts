import assert from 'node:assert/strict';
import { sh, soon, text } from './expectations.ts';
import { open, type Rule, rule } from './place.ts';

export const exitRules: readonly Rule[] = [
  rule('exec: every exit status is told as it is, 255 too', ['exec'], async (place) => {
    await using opened = await open(place);
    for (const code of [0, 1, 3, 64, 126, 127, 128, 254, 255]) {
      const { exit } = await opened.run({ argv: sh('exit "$1"', String(code)) });
      assert.deepEqual(exit, { type: 'code', code });
    }
  }),

  rule('exec: a command that was killed is no success', ['exec'], async (place) => {
    await using opened = await open(place);
    const { exit } = await opened.run({ argv: sh('kill -9 $$') });
    // A login shell in between may tell it in its own way.
    const ways = [
      { type: 'signal', signal: 'SIGKILL' },
      { type: 'code', code: 137 },
    ];
    assert.ok(
      ways.some((way) => JSON.stringify(way) === JSON.stringify(exit)),
      `It ended with ${JSON.stringify(exit)}.`,
    );
  }),

  rule('exec: a child left in the background does not hold the result', ['exec'], async (place) => {
    await using opened = await open(place);
    const run = opened.run({ argv: sh('sleep 300 & echo $!; exit 5') });
    const { exit, stdout } = await soon(run, 'A command with a child in the background');
    try {
      assert.deepEqual(exit, { type: 'code', code: 5 });
    } finally {
      await opened.run({ argv: sh('kill "$1"', text(stdout).trim()) });
    }
  }),

  rule('exec: both streams come apart, also from a command that fails', ['exec'], async (place) => {
    await using opened = await open(place);
    const { exit, stdout, stderr } = await opened.run({ argv: sh('echo out; echo err >&2; exit 3') });
    assert.deepEqual(exit, { type: 'code', code: 3 });
    assert.deepEqual([text(stdout), text(stderr).split('\n').at(-2)], ['out\n', 'err']);
  }),
];
