import type { Event } from '../../../src/core/journal/events.ts';
import type { TransactionResult } from '../../../src/core/operations/results.ts';
import type { CutoverResult } from '../../integration/support/cutover.ts';
import { FAULTY, type Group } from './group.ts';
import { type GroupFault, tryGroup } from './groupFaults.ts';
import { stillLocked, unequal, wronglyListed } from './groupInvariants.ts';
import { servedBy } from './invariants.ts';
import type { Survey } from './survey.ts';
import type { Trial } from './trial.ts';

const isFaulty = (type: Event['type'], step?: string) => (event: Event) =>
  event.type === type &&
  'server' in event &&
  event.server === FAULTY &&
  (step === undefined || ('step' in event && event.step === step));

/** When a server is lost whose group has to go back, because the launch failed on the first one. */
export const LOST_REVERTS = {
  'as it is to go back': isFaulty('undo.begun'),
  'while another one fails': isFaulty('step.begun', 'postLaunch'),
} as const;

/** One revert fails: the others go back all the same, and `resume` mends it. */
export async function tryLostRevert(group: Group, when: keyof typeof LOST_REVERTS): Promise<Trial> {
  const { site } = group;
  const judge = (run: CutoverResult, now: Survey): readonly string[] => {
    const ends = outcomes(run);
    const wanted = [...site.paths.keys()]
      .map((name) => (name === FAULTY ? 'stranded' : 'compensated'))
      .join();
    const others = servedBy(site, now)
      .split(',')
      .filter((version, index) => [...site.paths.keys()][index] !== FAULTY && version !== OLD);
    return [
      ...unequal(site, now, run, false),
      ...(run.exitCode === 13 ? [] : [`exit ${run.exitCode} instead of 13`]),
      ...(ends === wanted ? [] : [`the servers ended ${ends} instead of ${wanted}`]),
      ...(others.length === 0 ? [] : [`others serve ${others.join()}`]),
    ];
  };
  return tryGroup(group, `lost ${when}`, {
    failing: ['postLaunch web1'],
    fault: { isMeant: LOST_REVERTS[when], how: 'killed' },
    judge,
  });
}

const OLD = 'two';
const NEW = 'three';

export interface Policy {
  readonly strategy: 'parallel' | 'sequential';
  readonly onFailure: 'revert-server' | 'keep';
  /** How the second server fails, after the first one changed over. */
  readonly fault: { readonly step: 'activate' | 'postLaunch'; readonly how: GroupFault['how'] };
}

const LAUNCH = { step: 'postLaunch', how: 'exits 1' } as const;

export const POLICIES: readonly Policy[] = [
  { strategy: 'sequential', onFailure: 'revert-server', fault: LAUNCH },
  { strategy: 'sequential', onFailure: 'keep', fault: LAUNCH },
  { strategy: 'parallel', onFailure: 'revert-server', fault: LAUNCH },
  { strategy: 'parallel', onFailure: 'keep', fault: LAUNCH },
  { strategy: 'sequential', onFailure: 'revert-server', fault: { step: 'activate', how: 'killed' } },
  { strategy: 'sequential', onFailure: 'keep', fault: { step: 'postLaunch', how: 'killed' } },
];

/** The group ends mixed exactly as its policy says, and says so with exit 13. */
export async function tryPolicy(group: Group, { strategy, onFailure, fault }: Policy): Promise<Trial> {
  const { site, faulty } = group;
  const byCommand = fault.how === 'exits 1';
  const judge = (run: CutoverResult, now: Survey): readonly string[] => {
    const served = servedBy(site, now).split(',');
    const wrong = [...site.paths.keys()].flatMap((name, index) => {
      if (name === FAULTY && !byCommand) return [];
      const hasNew = name === FAULTY ? onFailure === 'keep' : strategy === 'parallel' || index === 0;
      const wanted = hasNew ? NEW : OLD;
      return served[index] === wanted ? [] : [`${name} serves ${served[index]} instead of ${wanted}`];
    });
    return [
      ...wrong,
      ...(run.exitCode === 13 ? wronglyListed(site, run) : [`exit ${run.exitCode} instead of 13`]),
      ...stillLocked(now, faulty.isUp()),
    ];
  };
  return tryGroup(group, `${strategy}, ${onFailure}: ${fault.how} at ${fault.step}`, {
    environment: { strategy, onFailure },
    ...(byCommand ? { failing: [`${fault.step} ${FAULTY}`] } : {}),
    fault: byCommand ? null : { isMeant: isFaulty('step.begun', fault.step), how: fault.how },
    judge,
    staysMixed: true,
  });
}

function outcomes(run: CutoverResult): string {
  const { servers } = JSON.parse(run.stdout) as TransactionResult;
  return servers.map(({ outcome }) => outcome).join();
}
