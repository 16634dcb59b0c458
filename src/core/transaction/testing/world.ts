import { CutoverError, type FailurePolicy, type Outcome, type StepName } from '../../contract/index.ts';
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
  readonly policy?: FailurePolicy;
  /** Default: one of all. */
  readonly batches?: readonly (readonly string[])[];
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
  const arm = async (server: string) => {
    await tick();
    if (scenario.fails === `${server}/arm` && !failedBefore.has(`${server}/activate`))
      throw new CutoverError('E_REMOTE', `${server} was not armed`);
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
      batches: scenario.batches ?? [SERVERS],
      policy: scenario.policy ?? 'revert-all',
      journal,
      effects: { arm, bake: tick, perform, compensate, conclude: tick },
      cancel: cancel.signal,
      clockMs: () => 0,
    }),
    death.promise,
  ]);
  return { outcome: end === 'dead' ? null : end, ticks };
}

/** What is wrong with a world at its end; null when what is live is what the outcome says, and the policy allows. */
export function wrong({ sites }: World, outcome: Outcome | null, scenario: Scenario): string | null {
  const isNew = (name: string) => sites[name]!.current === 'new' && sites[name]!.release === 'complete';
  const isOld = (name: string) => sites[name]!.current === 'old' && sites[name]!.release === 'none';
  if (outcome === 'committed' && SERVERS.every(isNew)) return null;
  if (outcome === 'compensated' && SERVERS.every(isOld)) return null;
  const stay = stayingUnder(scenario);
  const isAllowed = SERVERS.every((name) => (stay.includes(name) ? isNew(name) : isOld(name)));
  if (outcome === 'committed' && stay.length > 0 && isAllowed) return null;
  return `${outcome ?? 'no outcome'}, but ${JSON.stringify(sites)}`;
}

/** Which servers have the new release at the end, when one fails and not all go back. */
export function stayingUnder({
  policy = 'revert-all',
  batches = [SERVERS],
  fails = '/',
}: Scenario): readonly string[] {
  const [server = '', step] = fails.split('/');
  if (policy === 'revert-all') return [];
  const index = batches.findIndex((batch) => batch.includes(server));
  const before = batches.slice(0, index).flat();
  if (step === 'arm') return before;
  if (step !== 'activate' && step !== 'postLaunch') return [];
  const isKept = policy === 'keep' && step === 'postLaunch';
  return [...before, ...batches[index]!.filter((name) => isKept || name !== server)];
}
