import { CutoverError, type Outcome, STEPS, type StepName } from '../../../src/core/contract/index.ts';
import type { Fact } from '../../../src/core/journal/facts.ts';
import type { Journal } from '../../../src/core/journal/journal.ts';
import { memoryJournal } from '../../../src/core/testing/memoryJournal.ts';
import { groupMachine } from '../../../src/core/transaction/groupMachine.ts';
import { runTransaction } from '../../../src/core/transaction/runTransaction.ts';

/** The program, or one that was broken on purpose to see whether the trials notice. */
export interface Program {
  readonly name: string;
  readonly run: typeof runTransaction;
  /** What it remembers of earlier lives. */
  readonly remember: (journal: Journal) => Journal;
  /** In which order it takes a server back. */
  readonly undo: readonly ('relink' | 'remove')[];
}

const SOUND: Program = {
  name: 'the program',
  run: runTransaction,
  remember: (journal) => journal,
  undo: ['relink', 'remove'],
};

export const PROGRAM = SOUND;

export const BROKEN: readonly Program[] = [
  { ...SOUND, name: 'compensates before all have settled', run: hasty },
  { ...SOUND, name: 'forgets failures', remember: withoutFailures },
  { ...SOUND, name: 'removes before it relinks', undo: ['remove', 'relink'] },
];

/** All that a seed decides, and what was wrong at any moment under it. */
export interface Schedule {
  readonly seed: number;
  readonly crashes: number;
  readonly outcome: Outcome;
  readonly violations: readonly string[];
}

/** One deployment to up to four servers in memory, with up to two crashes at random places, until it has ended. */
export async function trySchedule(seed: number, program: Program = PROGRAM): Promise<Schedule> {
  const random = randomOf(seed);
  const names = ['a', 'b', 'c', 'd'].slice(0, 1 + random(4));
  const fault = (): string => `${names[random(names.length)]}/${STEPS[random(STEPS.length)]}`;
  const world: World = {
    sites: new Map(names.map((name) => [name, { current: 'old', release: 'none' }])),
    facts: [],
    fails: random(2) === 0 ? fault() : null,
    cancelsAt: random(4) === 0 ? fault() : null,
    violations: [],
  };
  const deaths = Array.from({ length: random(3) }, () => random(40 * names.length));
  let crashes = 0;
  for (const dieAt of deaths) {
    const outcome = await liveOnce(world, program, random, dieAt);
    if (outcome !== null) return end(seed, crashes, world, outcome);
    crashes += 1;
  }
  const outcome = await liveOnce(world, program, random, Number.POSITIVE_INFINITY);
  return end(seed, crashes, world, outcome!);
}

interface Site {
  current: 'old' | 'new';
  release: 'none' | 'partial' | 'complete';
}

interface World {
  readonly sites: Map<string, Site>;
  readonly facts: Fact[];
  /** `server/step` that fails, once. */
  readonly fails: string | null;
  /** `server/step` in which somebody asks to stop, in the first life. */
  readonly cancelsAt: string | null;
  readonly violations: string[];
}

type Random = (below: number) => number;

/** Null when the program died. Whoever passes a tick too late never comes back. */
async function liveOnce(
  world: World,
  program: Program,
  random: Random,
  dieAt: number,
): Promise<Outcome | null> {
  const death = Promise.withResolvers<null>();
  const cancel = new AbortController();
  const isFirst = world.facts.length === 0;
  const hasFailed = world.facts.some((fact) => fact.type === 'step.failed');
  let ticks = 0;
  const tick = async (): Promise<void> => {
    for (let turns = random(6); turns >= 0; turns--) await Promise.resolve();
    if (ticks++ < dieAt) return;
    death.resolve(null);
    await new Promise<never>(() => {});
  };
  const perform = async ({ server, step }: { server: string; step: StepName }) => {
    if (isFirst && world.cancelsAt === `${server}/${step}`) cancel.abort();
    const site = world.sites.get(server)!;
    if (step === 'linkRelease') site.release = 'partial';
    await tick();
    if (world.fails === `${server}/${step}` && !hasFailed)
      throw new CutoverError('E_REMOTE', `${server}/${step} failed`);
    if (step === 'linkRelease') site.release = 'complete';
    if (step === 'activate') activate(world, site);
    return null;
  };
  const compensate = async (server: string) => {
    const site = world.sites.get(server)!;
    for (const act of program.undo) {
      if (act === 'relink') site.current = 'old';
      else site.release = 'none';
      look(world, server);
      await tick();
    }
    return null;
  };
  const journal = program.remember(memoryJournal({ facts: world.facts, onWrite: tick }));
  const running = program.run({
    batches: [[...world.sites.keys()]],
    policy: 'revert-all',
    journal,
    effects: { arm: tick, bake: tick, perform, compensate, conclude: tick },
    cancel: cancel.signal,
    clockMs: () => 0,
  });
  return Promise.race([running, death.promise]);
}

/** Nothing live is touched until every server holds a complete release. */
function activate(world: World, site: Site): void {
  if ([...world.sites.values()].some(({ release }) => release !== 'complete'))
    world.violations.push('activated although not every server had the release');
  site.current = 'new';
}

function look({ sites, violations }: World, server: string): void {
  const { current, release } = sites.get(server)!;
  if (current === 'new' && release !== 'complete')
    violations.push(`${server} served a release that was ${release}`);
}

function end(seed: number, crashes: number, world: World, outcome: Outcome): Schedule {
  const all = [...world.sites.values()];
  const isNew = all.every(({ current, release }) => current === 'new' && release === 'complete');
  const isOld = all.every(({ current, release }) => current === 'old' && release === 'none');
  const isTrue = (outcome === 'committed' && isNew) || (outcome === 'compensated' && isOld);
  const untrue = isTrue
    ? []
    : [`it says ${outcome}: ${all.map((site) => Object.values(site).join(' ')).join(', ')}`];
  return { seed, crashes, outcome, violations: [...world.violations, ...untrue] };
}

function hasty(options: Parameters<typeof runTransaction>[0]): Promise<Outcome> {
  const machine = groupMachine.provide({
    guards: {
      allRest: ({ context }) => hasFailed(context) || allIn(context),
      batchRests: ({ context }) => hasFailed(context) || allIn(context),
    },
  });
  return runTransaction(options, machine);
}

type Rests = {
  readonly rests: Readonly<Record<string, string>>;
  readonly batches: readonly (readonly string[])[];
};

function hasFailed({ rests }: Rests): boolean {
  return Object.values(rests).some((rest) => rest === 'failed' || rest === 'launchFailed');
}

function allIn({ rests, batches }: Rests): boolean {
  return batches.flat().every((name) => name in rests);
}

function withoutFailures(journal: Journal): Journal {
  return {
    append: (fact) => journal.append(fact),
    facts: () => journal.facts().filter((fact) => fact.type !== 'step.failed'),
  };
}

/** mulberry32: the same seed, the same numbers. */
function randomOf(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}
