import { expect, test } from 'vitest';
import { say } from './support/report.ts';
import { BROKEN, PROGRAM, type Program, trySchedule } from './support/schedules.ts';

const SEEDS = Array.from({ length: 1000 }, (_, seed) => seed);

async function wrongUnder(program: Program): Promise<readonly string[]> {
  const wrong: string[] = [];
  const ends = new Map<string, number>();
  for (const seed of SEEDS) {
    const { outcome, crashes, violations } = await trySchedule(seed, program);
    const key = `${outcome} after ${crashes} crashes`;
    ends.set(key, (ends.get(key) ?? 0) + 1);
    wrong.push(...violations.map((each) => `seed ${seed}: ${each}`));
  }
  const kinds = [...ends].sort().map(([key, times]) => `${key}: ${times}`);
  say(`schedules, ${program.name}: ${SEEDS.length} (${kinds.join(', ')}), ${wrong.length} violations`);
  return wrong;
}

test('1,000 random schedules of crashes end in the old release or in the new one', async () => {
  expect(await wrongUnder(PROGRAM)).toEqual([]);
});

test.each(BROKEN)('a program that $name is caught', async (program) => {
  expect((await wrongUnder(program)).length).toBeGreaterThan(0);
});
