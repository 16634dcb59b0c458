import { expect, test } from 'vitest';
import { STEPS } from '../contract/index.ts';
import type { Journal } from '../journal/journal.ts';
import { groupMachine } from './groupMachine.ts';
import { runTransaction } from './runTransaction.ts';
import { copyOf, type Distort, live, newWorld, type Run, type Scenario, wrong } from './testing/world.ts';

const SCENARIOS: readonly Scenario[] = [
  { name: 'nothing fails' },
  ...STEPS.map((step) => ({ name: `${step} fails on b`, fails: `b/${step}` })),
  ...STEPS.map((step) => ({ name: `somebody stops it in ${step} on c`, cancelsAt: `c/${step}` })),
  { name: 'somebody stops it, and another server fails', fails: 'a/postUpload', cancelsAt: 'c/syncCache' },
];

interface Trials {
  readonly trials: number;
  readonly wrongs: readonly string[];
}

/** Dies at every tick of the first life and, if asked, at every tick of the second. */
async function dieEverywhere(
  scenario: Scenario,
  twice: boolean,
  run?: Run,
  distort?: Distort,
): Promise<Trials> {
  let trials = 0;
  const wrongs: string[] = [];
  const judge = async (world: ReturnType<typeof newWorld>, dieAt: number) => {
    trials++;
    let end = await live(world, scenario, dieAt, run, distort);
    if (end.outcome === null) end = await live(world, scenario, undefined, run, distort);
    const what = wrong(world, end.outcome);
    if (what !== null) wrongs.push(what);
    return end.ticks;
  };
  for (let first = 0; ; first++) {
    const world = newWorld();
    const { outcome } = await live(world, scenario, first, run, distort);
    if (outcome !== null) {
      const what = wrong(world, outcome);
      return { trials: trials + 1, wrongs: what === null ? wrongs : [...wrongs, what] };
    }
    const ticks = await judge(copyOf(world), Number.POSITIVE_INFINITY);
    for (let second = 0; twice && second < ticks; second++) await judge(copyOf(world), second);
  }
}

test.for(SCENARIOS)('whenever the program dies, the next one ends it: $name', async (scenario) => {
  const { trials, wrongs } = await dieEverywhere(scenario, false);
  expect(wrongs).toEqual([]);
  expect(trials).toBeGreaterThan(20);
});

const HARDEST: readonly Scenario[] = [
  { name: 'nothing fails' },
  { name: 'linkRelease fails on b', fails: 'b/linkRelease' },
  { name: 'postLaunch fails on c', fails: 'c/postLaunch' },
  { name: 'prune fails on a', fails: 'a/prune' },
  { name: 'somebody stops it in activate on c', cancelsAt: 'c/activate' },
];

test.for(HARDEST)('whenever it dies, and the next one too, the third ends it: $name', async (scenario) => {
  const { trials, wrongs } = await dieEverywhere(scenario, true);
  expect(wrongs).toEqual([]);
  expect(trials).toBeGreaterThan(1000);
});

test.for(SCENARIOS)('without a crash the outcome is what was asked for: $name', async (scenario) => {
  const world = newWorld();
  const { outcome } = await live(world, scenario);
  const stopped = scenario.fails ?? scenario.cancelsAt ?? 'prune';
  expect(outcome).toBe(stopped.endsWith('prune') ? 'committed' : 'compensated');
  expect(world.facts.at(-1)).toMatchObject({ type: 'closed', outcome });
});

test('a transaction that has ended is not done again', async () => {
  const world = newWorld();
  await live(world, { name: '' });
  const before = world.facts.length;
  const { outcome, ticks } = await live(world, { name: '' });
  expect(outcome).toBe('committed');
  expect(world.facts.slice(before).map((fact) => fact.type)).toEqual(['closed']);
  expect(ticks).toBe(1);
});

/** Decides as soon as one server has failed, while others still move. */
const hasty: Run = (options) =>
  runTransaction(
    options,
    groupMachine.provide({
      guards: {
        allRest: ({ context }) =>
          Object.values(context.rests).includes('failed') ||
          context.servers.every((name) => name in context.rests),
      },
    }),
  );

/** Remembers an earlier life without some of its facts. */
const forgetting =
  (...types: readonly string[]): Distort =>
  (journal: Journal): Journal => ({
    append: (fact) => journal.append(fact),
    facts: () => journal.facts().filter((fact) => !types.includes(fact.type)),
  });

test.for([
  ['decides before all rest', hasty, undefined],
  ['forgets failures', undefined, forgetting('step.failed')],
  ['forgets outcomes', undefined, forgetting('step.done')],
] as const)('a program that %s is caught by the same trials', async ([, run, distort]) => {
  let wrongs = 0;
  for (const scenario of HARDEST)
    wrongs += (await dieEverywhere(scenario, false, run, distort)).wrongs.length;
  expect(wrongs).toBeGreaterThan(0);
});
