import type { Event } from '../../../src/core/journal/events.ts';
import type { CutoverProcess, CutoverResult } from '../../integration/support/cutover.ts';
import { inContainer } from '../../integration/support/remoteTree.ts';
import { FAULTY, type Group } from './group.ts';
import { changedOver, movedAgain, unequal } from './groupInvariants.ts';
import { brokenAlways, brokenAtRest, servedBy, untrue } from './invariants.ts';
import { startReader } from './reader.ts';
import type { Machine } from './site.ts';
import { followEvents } from './story.ts';
import { type Survey, survey } from './survey.ts';
import { deployAgain, inShort, type Trial } from './trial.ts';

/** How one server of a group fails, and at which of its steps. */
export interface GroupFault {
  readonly step: (typeof GROUP_STEPS)[number];
  readonly how: (typeof WAYS)[number];
}

export const GROUP_STEPS = [
  'prepare',
  'syncCache',
  'linkRelease',
  'postUpload',
  'activate',
  'armed',
  'postLaunch',
  'prune',
] as const;

/** Its container is killed, its disk is full, its container stands still until the run has missed it, its command exits 1. */
export const WAYS = ['killed', 'full', 'paused', 'exits 1'] as const;

/** Every way to fail at every step: only two of them run commands. */
export const GROUP_FAULTS: readonly GroupFault[] = GROUP_STEPS.flatMap((step) =>
  WAYS.filter((how) => how !== 'exits 1' || step === 'postUpload' || step === 'postLaunch').map((how) => ({
    step,
    how,
  })),
);

/** What a trial adds to what is always judged. */
export interface Expectation {
  /** Keys of the environment. */
  readonly environment?: object;
  /** Commands that fail, as `/srv/log/failing` lists them. */
  readonly failing?: readonly string[];
  /** When the faulty server breaks, and how; null where commands alone do it. */
  readonly fault: {
    readonly isMeant: (event: Event) => boolean;
    readonly how: GroupFault['how'];
    /** Until then none of the others is armed, and so none is switched. */
    readonly holdsOthers?: boolean;
  } | null;
  /** Judges the run under the fault; the server is still broken, unless it was paused. */
  readonly judge?: (run: CutoverResult, now: Survey) => readonly string[];
  /** The group may end mixed by its policy, until something is deployed again. */
  readonly staysMixed?: boolean;
}

const DEADLINE_MS = 300_000;

/** One server fails at one step; then it is back, another machine resumes, and deploys. */
export async function tryGroupFault(group: Group, { step, how }: GroupFault): Promise<Trial> {
  const isMeant = (event: Event) =>
    step === 'armed'
      ? event.type === 'armed' && event.server === FAULTY
      : event.type === 'step.begun' && event.server === FAULTY && event.step === step;
  const trial = await tryGroup(group, `${how} at ${step}`, {
    ...(how === 'exits 1' ? { failing: [`${step} ${FAULTY}`] } : {}),
    fault: how === 'exits 1' ? null : { isMeant, how, holdsOthers: step === 'armed' },
  });
  return { ...trial, cell: { row: step, column: how, text: trial.cell!.text } };
}

export async function tryGroup(group: Group, name: string, expectation: Expectation): Promise<Trial> {
  const { site, faulty } = group;
  const { failing = [], fault, staysMixed = false } = expectation;
  const judgeEqual = (run: CutoverResult, now: Survey) => unequal(site, now, run, faulty.isUp());
  await group.configure(expectation.environment);
  const machine = await site.reset();
  await inContainer(site.server, ['sh', '-c', 'printf "%s\\n" "$@" >/srv/log/failing', 'sh', ...failing]);
  const before = await survey(site);
  const reader = await startReader(site);
  const violations: string[] = [];
  if (fault?.holdsOthers) await group.hold();

  const running = machine.start(['deploy', 'production', '--events', '--json']);
  const timer = setTimeout(() => running.kill('SIGKILL'), DEADLINE_MS);
  let isBroken = false;
  const events = await followEvents(running, fault?.isMeant ?? (() => false), async () => {
    isBroken = true;
    await breakWhileStopped(group, running, fault!.how);
  });
  clearTimeout(timer);
  const { exitCode, stdout, stderr } = await running;
  const run = { exitCode: exitCode ?? null, stdout, stderr };
  if (fault !== null && !isBroken) violations.push('the fault was never there');

  const now = await survey(site);
  violations.push(...untrue(site, before, now, run), ...brokenAlways(site, before, now));
  violations.push(...(expectation.judge ?? judgeEqual)(run, now));

  if (!faulty.isUp()) await faulty.start();
  await faulty.free();
  const resumed = await resumeElsewhere(await site.elsewhere());
  const then = await survey(site);
  violations.push(
    ...([0, 12].includes(resumed.exitCode ?? -1) || (staysMixed && resumed.exitCode === 13)
      ? []
      : [`resume: ${inShort(resumed)}`]),
    ...(staysMixed ? movedAgain(site, now, then) : untrue(site, before, then, resumed)),
    ...brokenAlways(site, before, then).map((each) => `after resume: ${each}`),
    ...brokenAtRest(site, then)
      .filter((each) => !(staysMixed && each.startsWith('the servers serve')))
      .map((each) => `after resume: ${each}`),
  );
  const readings = await reader.stop();
  violations.push(...changedOver(site, readings, [...events, ...resumed.events]));
  await inContainer(site.server, ['rm', '-f', '/srv/log/failing']);
  violations.push(...(await deployAgain(site, staysMixed ? then : before, await site.elsewhere())));
  const ends = [run.exitCode, inWords(servedBy(site, now)), resumed.exitCode, inWords(servedBy(site, then))];
  const text = `${ends[0]}: ${ends[1]}; ${ends[2]}: ${ends[3]}`;
  return { name, exitCode: run.exitCode, violations, cell: { row: name, column: 'run; resume', text } };
}

/** Nothing more is sent until the server is broken. */
async function breakWhileStopped(
  { faulty, letGo }: Group,
  running: CutoverProcess,
  how: GroupFault['how'],
): Promise<void> {
  running.kill('SIGSTOP');
  if (how === 'killed') await faulty.kill();
  if (how === 'full') await faulty.fill();
  if (how === 'paused') await faulty.pause();
  await letGo();
  const knock = faulty.knock();
  running.kill('SIGCONT');
  if (how !== 'paused') return;
  await Promise.race([knock, running]);
  await faulty.goOn();
}

async function resumeElsewhere(
  machine: Machine,
): Promise<CutoverResult & { readonly events: readonly Event[] }> {
  const running = machine.start(['resume', 'production', '--events', '--json']);
  const timer = setTimeout(() => running.kill('SIGKILL'), DEADLINE_MS);
  const events = await followEvents(
    running,
    () => false,
    () => {},
  );
  clearTimeout(timer);
  const { exitCode, stdout, stderr } = await running;
  return { exitCode: exitCode ?? null, stdout, stderr, events };
}

/** `two`, or how many serve what. */
function inWords(servedBy: string): string {
  const served = servedBy.split(',');
  const versions = [...new Set(served)];
  if (versions.length === 1) return versions[0]!;
  return versions
    .map((version) => `${served.filter((each) => each === version).length} ${version}`)
    .join(', ');
}
