import { CutoverError, type Outcome, type StepName } from '../../contract/index.ts';
import type { Fact } from '../../journal/facts.ts';
import type { Journal } from '../../journal/journal.ts';
import { memoryJournal } from '../../testing/memoryJournal.ts';
import { runTransaction } from '../runTransaction.ts';

/** What a server holds: which release is live, and how much there is of the new one. */
export interface Site {
  current: 'old' | 'new';
  release: 'none' | 'partial' | 'complete';
}

export interface World {
  readonly sites: Record<string, Site>;
  readonly facts: Fact[];
}

export interface Scenario {
  readonly name: string;
  /** `server/step`: what fails there, once, in whichever life reaches it first. */
  readonly fails?: string;
  /** `server/step`: somebody asks to stop while it runs, in the first life. */
  readonly cancelsAt?: string;
}

export const SERVERS = ['a', 'b', 'c'];

export function newWorld(): World {
  const sites = Object.fromEntries(
    SERVERS.map((name) => [name, { current: 'old', release: 'none' } as Site]),
  );
  return { sites, facts: [] };
}

export const copyOf = (world: World): World => structuredClone(world);

export interface Life {
  /** Null when the program died before the end. */
  readonly outcome: Outcome | null;
  readonly ticks: number;
}

export type Run = typeof runTransaction;

/** What a broken program would make of the real one's journal. */
export type Distort = (journal: Journal) => Journal;

/**
 * One life of the program: until the end, or until it dies at a tick. A tick passes at every durable write and in the
 * middle of every effect; whoever reaches one too late never comes back, and nothing that follows from it happens.
 */
export async function live(
  world: World,
  scenario: Scenario,
  dieAt = Number.POSITIVE_INFINITY,
  run: Run = runTransaction,
  distort: Distort = (journal) => journal,
): Promise<Life> {
  let ticks = 0;
  const death = Promise.withResolvers<'dead'>();
  const tick = async () => {
    await Promise.resolve();
    if (ticks++ < dieAt) return;
    death.resolve('dead');
    await new Promise<never>(() => {});
  };
  const cancel = new AbortController();
  const failedBefore = new Set(
    world.facts.flatMap((fact) => (fact.type === 'step.failed' ? [`${fact.server}/${fact.step}`] : [])),
  );
  const cancelled = world.facts.length > 0;

  const journal = distort(memoryJournal({ facts: world.facts, onWrite: tick }));
  const perform = async ({ server, step }: { server: string; step: StepName }) => {
    const site = world.sites[server]!;
    const at = `${server}/${step}`;
    if (scenario.cancelsAt === at && !cancelled) cancel.abort();
    if (step === 'linkRelease') site.release = 'partial';
    await tick();
    if (scenario.fails === at && !failedBefore.has(at)) throw new CutoverError('E_REMOTE', `${at} failed`);
    if (step === 'linkRelease') site.release = 'complete';
    if (step === 'activate') site.current = 'new';
    return { step };
  };
  const compensate = async (server: string) => {
    const site = world.sites[server]!;
    site.current = 'old';
    await tick();
    site.release = 'none';
    return null;
  };
  const end = await Promise.race([
    run({
      servers: SERVERS,
      journal,
      effects: { perform, compensate },
      cancel: cancel.signal,
      clockMs: () => 0,
    }),
    death.promise,
  ]);
  return { outcome: end === 'dead' ? null : end, ticks };
}

/** What is wrong with a world at its end; null when one release is live everywhere and the outcome says so. */
export function wrong({ sites }: World, outcome: Outcome | null): string | null {
  const all = Object.values(sites);
  const isNew = all.every((site) => site.current === 'new' && site.release === 'complete');
  const isOld = all.every((site) => site.current === 'old' && site.release === 'none');
  if ((outcome === 'committed' && isNew) || (outcome === 'compensated' && isOld)) return null;
  return `${outcome ?? 'no outcome'}, but ${JSON.stringify(sites)}`;
}
