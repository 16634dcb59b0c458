import type { TransactionResult } from '../../../src/core/operations/results.ts';
import type { CutoverResult } from '../../integration/support/cutover.ts';
import type { Site, Version } from './site.ts';
import type { Holding, Survey } from './survey.ts';

/** What must hold at every moment, also while a deployment lies dead. Gives the violations in words. */
export function brokenAlways(site: Site, before: Survey, now: Survey): readonly string[] {
  const broken = [...now.servers].flatMap(([name, holding]) => [
    ...servesWhole(site, name, holding),
    ...holdsOnlyWhole(site, name, holding),
    ...lostRelease(name, before.servers.get(name)!, holding),
  ]);
  if (now.canary !== before.canary) broken.push('I10: something outside of the deploy path changed');
  return [...broken, ...startedTwice(now)];
}

/** What must hold as well when everything has ended: one version everywhere, and no lock. */
export function brokenAtRest(site: Site, now: Survey): readonly string[] {
  const served = new Set([...now.servers.values()].map((holding) => versionServed(site, holding)));
  const broken = served.size === 1 ? [] : [`the servers serve ${[...served].join(' and ')}`];
  for (const [name, { lock }] of now.servers) {
    if (lock !== 'released') broken.push(`I4: ${name} is still locked: ${lock}`);
  }
  return broken;
}

/** I5: unfinished work that a deployment has left. */
export function leftOver(now: Survey): readonly string[] {
  return [...now.servers].flatMap(([name, { leftovers }]) =>
    leftovers.length > 0 ? [`I5: ${name} keeps ${leftovers.join(', ')}`] : [],
  );
}

/** I7: what a run said against what is there. `before` is what was live when it began. */
export function untrue(site: Site, before: Survey, now: Survey, run: CutoverResult): readonly string[] {
  const old = servedBy(site, before);
  const served = servedBy(site, now);
  if (run.exitCode === null) return ['I8: it hung'];
  if (run.exitCode === 0 && run.stdout.includes('"unchanged"')) return [];
  const wanted = [...now.servers.keys()].map(() => targetOf(site, run.stdout)).join();
  if (run.exitCode === 0) return served === wanted ? [] : [`I7: exit 0, but it serves ${served}`];
  if (run.exitCode === 13) return wronglyClaimed(now, run.stdout);
  if (![4, 10, 11, 12, 14, 130].includes(run.exitCode))
    return [`exit ${run.exitCode}: ${run.stderr.slice(-400)}`];
  return served === old ? [] : [`I7: exit ${run.exitCode}, but ${old} became ${served}`];
}

export function servedBy(site: Site, now: Survey): string {
  return [...now.servers.values()].map((holding) => versionServed(site, holding)).join();
}

function versionServed(site: Site, holding: Holding): string {
  const entries = holding.releases.get(liveIn(holding)) ?? new Map<string, string>();
  return site.versions.find((version) => differences(version, entries).length === 0)?.text ?? 'nothing whole';
}

function liveIn({ current }: Holding): string {
  return current.replace(/^releases\//, '');
}

function servesWhole(site: Site, name: string, holding: Holding): readonly string[] {
  return versionServed(site, holding) === 'nothing whole'
    ? [`I1: current of ${name} leads to ${holding.current}, which is no whole release`]
    : [];
}

function holdsOnlyWhole(site: Site, name: string, holding: Holding): readonly string[] {
  return [...holding.releases].flatMap(([release, entries]) => {
    const revision = holding.revisions.get(release);
    const possible = site.versions.filter((each) => revision === undefined || each.revision === revision);
    const found = possible.map((each) => differences(each, entries));
    return found.some((each) => each.length === 0)
      ? []
      : [
          `I2, I3: ${name} has ${release} with ${found.map((each) => each.slice(0, 3).join(', ')).join(' or ')}`,
        ];
  });
}

function differences(version: Version, entries: ReadonlyMap<string, string>): readonly string[] {
  const paths = new Set([...version.entries.keys(), ...entries.keys()]);
  return [...paths].flatMap((path) =>
    version.entries.get(path) === entries.get(path)
      ? []
      : [`${path}: ${entries.get(path) ?? 'missing'} instead of ${version.entries.get(path) ?? 'nothing'}`],
  );
}

/** I6: what was live is never removed. Older ones go when newer ones have succeeded. */
function lostRelease(name: string, before: Holding, now: Holding): readonly string[] {
  const live = liveIn(before);
  return now.releases.has(live) ? [] : [`I6: ${name} lost ${live}, which was live`];
}

function startedTwice({ commands }: Survey): readonly string[] {
  const forward = commands.filter((line) => line.startsWith('postUpload '));
  return forward
    .filter((line, index) => forward.indexOf(line) !== index)
    .map((line) => `started twice: ${line}`);
}

/** The text of the version that a committed run says it has made live: of the commit that it names. */
function targetOf(site: Site, stdout: string): string {
  const { revision } = JSON.parse(stdout) as TransactionResult;
  return site.versions.find((version) => version.revision === revision)?.text ?? `revision ${revision}`;
}

/** A stranded run lists what each server serves; null when that could not be read. */
function wronglyClaimed(now: Survey, stdout: string): readonly string[] {
  const result = JSON.parse(stdout) as TransactionResult;
  return result.servers.flatMap(({ name, current }) => {
    const live = liveIn(now.servers.get(name)!);
    return current === null || current === live
      ? []
      : [`I7: it says ${name} serves ${current}; it serves ${live}`];
  });
}
