import { expect, test } from 'vitest';
import { STEPS } from '../contract/index.ts';
import type { Journal } from '../journal/journal.ts';
import { groupMachine } from './groupMachine.ts';
import { runTransaction } from './runTransaction.ts';
import {
  copyOf,
  type Distort,
  live,
  newWorld,
  type Run,
  type Scenario,
  SERVERS,
  stayingUnder,
  wrong,
} from './testing/world.ts';

const SCENARIOS: readonly Scenario[] = [
  { name: 'nothing fails' },
  ...STEPS.map((step) => ({ name: `${step} fails on b`, fails: `b/${step}` })),
  ...STEPS.map((step) => ({ name: `somebody stops it in ${step} on c`, cancelsAt: `c/${step}` })),
  { name: 'somebody stops it, and another server fails', fails: 'a/postUpload', cancelsAt: 'c/syncCache' },
  { name: 'arming fails on b', fails: 'b/arm' },
];

const ONE_BY_ONE = [['a'], ['b'], ['c']];

const MIXED: readonly Scenario[] = (['revert-all', 'revert-server', 'keep'] as const).flatMap((policy) =>
  [undefined, ONE_BY_ONE, [['a', 'b'], ['c']]].flatMap((batches) =>
    ['b/postUpload', 'b/arm', 'b/activate', 'b/postLaunch', 'c/activate', 'c/postLaunch'].map((fails) => ({
      name: `${policy}, ${batches?.length ?? 1} batches, ${fails} fails`,
      policy,
      ...(batches ? { batches } : {}),
      fails,
    })),
  ),
);

const STOPPED: readonly Scenario[] = ['a/postLaunch', 'b/activate', 'c/postLaunch'].map((cancelsAt) => ({
  name: `batch by batch, somebody stops it in ${cancelsAt}`,
  policy: 'keep',
  batches: ONE_BY_ONE,
  cancelsAt,
}));

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
    const what = wrong(world, end.outcome, scenario);
    if (what !== null) wrongs.push(what);
    return end.ticks;
  };
  for (let first = 0; ; first++) {
    const world = newWorld();
    const { outcome } = await live(world, scenario, first, run, distort);
    if (outcome !== null) {
      const what = wrong(world, outcome, scenario);
      return { trials: trials + 1, wrongs: what === null ? wrongs : [...wrongs, what] };
    }
    const ticks = await judge(copyOf(world), Number.POSITIVE_INFINITY);
    for (let second = 0; twice && second < ticks; second++) await judge(copyOf(world), second);
  }
}

test.for([...SCENARIOS, ...MIXED, ...STOPPED])(
  'whenever the program dies, the next one ends it: $name',
  async (scenario) => {
    const { trials, wrongs } = await dieEverywhere(scenario, false);
    expect(wrongs).toEqual([]);
    expect(trials).toBeGreaterThan(20);
  },
);

test.for(MIXED)('without a crash the policy decides: $name', async (scenario) => {
  const world = newWorld();
  const { outcome } = await live(world, scenario);
  expect(wrong(world, outcome, scenario)).toBeNull();
  expect(outcome).toBe(stayingUnder(scenario).length > 0 ? 'committed' : 'compensated');
});

const HARDEST: readonly Scenario[] = [
  { name: 'one by one, a server fails', policy: 'revert-server', batches: ONE_BY_ONE, fails: 'b/postLaunch' },
  { name: 'one of a batch is kept', policy: 'keep', batches: [['a', 'b'], ['c']], fails: 'b/postLaunch' },
  { name: 'nothing fails' },
  { name: 'linkRelease fails on b', fails: 'b/linkRelease' },
  { name: 'postLaunch fails on c', fails: 'c/postLaunch' },
  { name: 'prune fails on a', fails: 'a/prune' },
  { name: 'somebody stops it in activate on c', cancelsAt: 'c/activate' },
];

test.for(HARDEST)(
  'whenever it dies, and the next one too, the third ends it: $name',
  { timeout: 120_000 },
  async (scenario) => {
    const { trials, wrongs } = await dieEverywhere(scenario, true);
    expect(wrongs).toEqual([]);
    expect(trials).toBeGreaterThan(1000);
  },
);

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
  // What comes behind everything asks the journal, too.
  expect(ticks).toBe(2);
});

const hasFailed = ({ rests }: { readonly rests: Readonly<Record<string, string>> }) =>
  Object.values(rests).some((rest) => rest === 'failed' || rest === 'launchFailed');

/** Decides as soon as one server has failed, while others still move. */
const hasty: Run = (options) =>
  runTransaction(
    options,
    groupMachine.provide({
      guards: {
        allRest: ({ context }) => hasFailed(context) || SERVERS.every((name) => name in context.rests),
        batchRests: ({ context }) => hasFailed(context) || SERVERS.every((name) => name in context.rests),
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
  ['forgets that it goes back', undefined, forgetting('undo.begun', 'undo.done', 'cancelled')],
] as const)('a program that %s is caught by the same trials', async ([, run, distort]) => {
  let wrongs = 0;
  for (const scenario of HARDEST)
    wrongs += (await dieEverywhere(scenario, false, run, distort)).wrongs.length;
  expect(wrongs).toBeGreaterThan(0);
});
