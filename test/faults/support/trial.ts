import type { CutoverResult } from '../../integration/support/cutover.ts';
import { brokenAlways, brokenAtRest, leftOver, servedBy, untrue } from './invariants.ts';
import type { Machine, Site } from './site.ts';
import { type Survey, survey } from './survey.ts';

/** One fault at one place, and everything that was wrong afterwards. */
export interface Trial {
  readonly name: string;
  /** How the run under the fault ended. */
  readonly exitCode: number | null;
  readonly violations: readonly string[];
  /** Where it stands in a table, and what is written there. */
  readonly cell?: { readonly row: string; readonly column: string; readonly text: string };
}

/** Judges a run that has ended by itself under a fault, repairs, and deploys once more without a fault. */
export async function judge(
  site: Site,
  before: Survey,
  run: CutoverResult,
  name: string,
  machine: Machine,
): Promise<Trial> {
  const now = await survey(site);
  const violations = [...untrue(site, before, now, run), ...brokenAlways(site, before, now)];
  return {
    name,
    exitCode: run.exitCode,
    violations: [...violations, ...(await repair(site, before, machine))],
  };
}

export interface Repair {
  /** Exit codes of `resume` that are right. */
  readonly resumed?: readonly number[];
  /** Done before the last deployment. */
  readonly heal?: () => Promise<void>;
}

/** Ends what lies open, then deploys: gives what is wrong at the end of each. */
export async function repair(
  site: Site,
  before: Survey,
  machine: Machine,
  { resumed = [0, 12], heal }: Repair = {},
): Promise<readonly string[]> {
  const violations: string[] = [];
  const run = await machine.run(['resume', 'production', '--json']);
  if (!resumed.includes(run.exitCode ?? -1)) violations.push(`resume: ${inShort(run)}`);
  const between = await survey(site);
  const broken = [...untrue(site, before, between, run), ...brokenAlways(site, before, between)];
  if (!run.stdout.includes('"unchanged"')) broken.push(...brokenAtRest(site, between));
  violations.push(...broken.map((each) => `after resume: ${each}`));
  await heal?.();
  return [...violations, ...(await deployAgain(site, before, machine))];
}

/** Where nothing is left to deploy, what lies about is swept by a deployment that does everything again. */
export async function deployAgain(site: Site, before: Survey, machine: Machine): Promise<readonly string[]> {
  const deploy = ['deploy', 'production', '--unpin', '--json'];
  const deployed = await machine.run(deploy);
  const once = await survey(site);
  const isSwept = [...once.servers.values()].every(({ leftovers }) => leftovers.length === 0);
  const last = isSwept || deployed.exitCode !== 0 ? deployed : await machine.run([...deploy, '--full']);
  const end = await survey(site);
  const served = servedBy(site, end);
  const wanted = [...end.servers.keys()].map(() => site.versions.at(-1)!.text).join();
  return [
    ...(last.exitCode === 0 ? [] : [`deploy afterwards: ${inShort(last)}`]),
    ...brokenAlways(site, before, once),
    ...brokenAtRest(site, end),
    ...leftOver(end),
    ...(served === wanted ? [] : [`it serves ${served}`]),
  ];
}

export function inShort({ exitCode, stdout, stderr }: CutoverResult): string {
  return `exit ${exitCode}: ${stderr.slice(-300)} ${stdout.slice(0, 300)}`;
}

/** A line for people: how many trials ended how, and what was wrong. */
export function summary(trials: readonly Trial[]): {
  readonly text: string;
  readonly wrong: readonly string[];
} {
  const exits = new Map<string, number>();
  for (const { exitCode } of trials) {
    const key = exitCode === null ? 'killed' : `exit ${exitCode}`;
    exits.set(key, (exits.get(key) ?? 0) + 1);
  }
  const wrong = trials.flatMap(({ name, violations }) => violations.map((each) => `${name}: ${each}`));
  const ends = [...exits].sort().map(([key, times]) => `${key}: ${times}`);
  return { text: `${trials.length} trials (${ends.join(', ')}), ${wrong.length} violations`, wrong };
}
