import type { Event } from '../../../src/core/journal/events.ts';
import type { TransactionResult } from '../../../src/core/operations/results.ts';
import type { CutoverResult } from '../../integration/support/cutover.ts';
import { FAULTY } from './group.ts';
import { servedBy } from './invariants.ts';
import type { Readings } from './reader.ts';
import type { Site } from './site.ts';
import type { Survey } from './survey.ts';

/**
 * What must hold when a run under `onFailure: revert-all` has ended: all serve the same. Only a server that is out of
 * reach may serve something else, and then the run says that it is stranded, and what every server serves.
 */
export function unequal(site: Site, now: Survey, run: CutoverResult, isInReach: boolean): readonly string[] {
  const names = [...site.paths.keys()];
  const served = servedBy(site, now).split(',');
  const others = served.filter((_, index) => names[index] !== FAULTY);
  const isMixed = new Set(served).size > 1;
  return [
    ...stillLocked(now, isInReach),
    ...(new Set(others).size > 1 ? [`the others serve ${others.join()}`] : []),
    ...(isMixed && run.exitCode !== 13 ? [`exit ${run.exitCode}, but they serve ${served.join()}`] : []),
    ...(run.exitCode === 13 ? [...wronglyListed(site, run), ...notStranded(run)] : []),
  ];
}

/** I4: locks that somebody could have given back. */
export function stillLocked(now: Survey, isInReach: boolean): readonly string[] {
  return [...now.servers].flatMap(([name, { lock }]) =>
    lock === 'released' || (name === FAULTY && !isInReach) ? [] : [`I4: ${name} is still locked: ${lock}`],
  );
}

/** Of a run that needs a person: every server is listed, those that could be reached with what they serve. */
export function wronglyListed(site: Site, run: CutoverResult): readonly string[] {
  const { servers } = JSON.parse(run.stdout) as TransactionResult;
  const listed = servers.map(({ name }) => name).join();
  const wanted = [...site.paths.keys()].join();
  const unread = servers.filter(({ name, current }) => name !== FAULTY && current === null);
  return [
    ...(listed === wanted ? [] : [`exit 13 lists ${listed}`]),
    ...unread.map(({ name }) => `exit 13 does not say what ${name} serves`),
  ];
}

/** Under `revert-all` nothing else needs a person. */
function notStranded({ stdout }: CutoverResult): readonly string[] {
  const { outcome } = JSON.parse(stdout) as TransactionResult;
  return outcome === 'stranded' ? [] : [`exit 13, but the outcome is ${outcome}`];
}

/** Under a policy that lets servers stay, `resume` ends what is open on the faulty one, and moves no other. */
export function movedAgain(site: Site, now: Survey, then: Survey): readonly string[] {
  const [served, later] = [now, then].map((each) => servedBy(site, each).split(','));
  return [...site.paths.keys()].flatMap((name, index) =>
    name === FAULTY || served![index] === later![index]
      ? []
      : [`resume moved ${name} from ${served![index]} to ${later![index]}`],
  );
}

/** What a reader saw: at most one change-over each way on each server, and none before all servers were staged. */
export function changedOver(
  site: Site,
  { reads, errors, seen }: Readings,
  events: readonly Event[],
): readonly string[] {
  const [, old, wanted] = site.versions.map(({ text }) => text);
  const stagedAtMs = allStagedAtMs([...site.paths.keys()], events);
  const wrong = [...site.paths].flatMap(([name, path]) => {
    const mine = seen.filter((reading) => reading.path === path);
    const way = mine.map(({ version }) => version).join();
    const early = mine.filter(({ version, atMs }) => version === wanted && atMs < stagedAtMs);
    return [
      ...([`${old}`, `${old},${wanted}`, `${old},${wanted},${old}`].includes(way)
        ? []
        : [`a reader saw ${name} serve ${way}`]),
      ...early.map(
        ({ atMs }) => `${name} was switched ${Math.round(stagedAtMs - atMs)} ms before all were staged`,
      ),
    ];
  });
  return [
    ...(reads > 0 ? [] : ['the reader read nothing']),
    ...errors.map((each) => `a reader saw: ${each}`),
    ...wrong,
  ];
}

/** When the last one had run its post-upload commands; never, where one has not. */
function allStagedAtMs(names: readonly string[], events: readonly Event[]): number {
  const timesMs = names.map((name) => {
    const staged = events.find(
      (event) => event.type === 'step.done' && event.server === name && event.step === 'postUpload',
    );
    return staged === undefined ? Number.POSITIVE_INFINITY : Date.parse(staged.at);
  });
  return Math.max(...timesMs);
}
