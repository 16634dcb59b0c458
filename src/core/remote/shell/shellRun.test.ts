import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { startRun } from './shellRun.ts';

test.for([
  ['whole', 1],
  ['in two pieces', 2],
] as const)('a shell has begun however much came with its mark, %s', ([, count]) => {
  const run = startRun('printf %02000d 7 >&2', 4096);
  const { stdout, stderr } = spawnSync('sh', ['-c', run.text]);
  expect(run.hasBegun()).toBe(false);
  const middle = count === 1 ? 0 : 5;
  for (const piece of [stderr.subarray(0, middle), stderr.subarray(middle)]) run.take('stderr', piece);
  expect(run.hasBegun()).toBe(true);
  run.take('stdout', stdout);
  expect(run.isOver()).toBe(true);
  expect(run.result().stderr.toString()).toBe(`${'0'.repeat(1999)}7`);
});
