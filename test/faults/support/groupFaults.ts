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

/** Deploys under the fault, mends what is broken, resumes elsewhere, and deploys once more. */
export async function tryGroup(group: Group, name: string, expectation: Expectation): Promise<Trial> {
  const { site, faulty } = group;
  await group.configure(expectation.environment);
  const machine = await site.reset();
  const before = await survey(site);
  const reader = await startReader(site);

  const run = await deployUnder(group, machine, expectation);
  const now = await survey(site);
  const judge = expectation.judge ?? ((...seen) => unequal(site, seen[1], seen[0], faulty.isUp()));
  const violations = [
    ...(expectation.fault === null || run.isBroken ? [] : ['the fault was never there']),
    ...untrue(site, before, now, run),
    ...brokenAlways(site, before, now),
    ...judge(run, now),
  ];

  if (!faulty.isUp()) await faulty.start();
  await faulty.free();
  const elsewhere = await site.elsewhere();
  const resumed = await watched(elsewhere.start(['resume', 'production', '--events', '--json']));
  const then = await survey(site);
  const staysMixed = expectation.staysMixed ?? false;
  const after = [...brokenAlways(site, before, then), ...brokenAtRest(site, then)];
  violations.push(
    ...(staysMixed ? movedAgain(site, now, then) : untrue(site, before, then, resumed)),
    ...(endsWell(resumed, staysMixed) ? [] : [`resume: ${inShort(resumed)}`]),
    ...after
      .filter((each) => !(staysMixed && each.startsWith('the servers serve')))
      .map((each) => `after resume: ${each}`),
    ...changedOver(site, await reader.stop(), [...run.events, ...resumed.events]),
  );
  await inContainer(site.server, ['rm', '-f', '/srv/log/failing']);
  violations.push(...(await deployAgain(site, staysMixed ? then : before, elsewhere)));
  const ends = [now, then].map((each) => inWords(servedBy(site, each)));
  const text = `${run.exitCode}: ${ends[0]}; ${resumed.exitCode}: ${ends[1]}`;
  return { name, exitCode: run.exitCode, violations, cell: { row: name, column: 'run; resume', text } };
}

function endsWell({ exitCode }: CutoverResult, staysMixed: boolean): boolean {
  return exitCode === 0 || exitCode === 12 || (staysMixed && exitCode === 13);
}

interface Watched extends CutoverResult {
  readonly events: readonly Event[];
}

async function deployUnder(
  group: Group,
  machine: Machine,
  { failing = [], fault }: Expectation,
): Promise<Watched & { readonly isBroken: boolean }> {
  const fail = 'printf "%s\\n" "$@" >/srv/log/failing';
  await inContainer(group.site.server, ['sh', '-c', fail, 'sh', ...failing]);
  if (fault?.holdsOthers) await group.hold();
  const running = machine.start(['deploy', 'production', '--events', '--json']);
  let isBroken = false;
  try {
    const run = await watched(running, fault?.isMeant, async () => {
      isBroken = true;
      await breakWhileStopped(group, running, fault!.how);
    });
    return { ...run, isBroken };
  } finally {
    // Where the moment never came the next trial would be held up, too.
    if (fault?.holdsOthers) await group.letGo();
  }
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

async function watched(
  running: CutoverProcess,
  isMeant: (event: Event) => boolean = () => false,
  act: () => unknown = () => {},
): Promise<Watched> {
  const events = await followEvents(running, isMeant, act);
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
