import { brokenAlways, servedBy } from './invariants.ts';
import { startReader } from './reader.ts';
import type { Machine, Site } from './site.ts';
import { followStory } from './story.ts';
import { survey } from './survey.ts';
import { repair, type Trial } from './trial.ts';

export interface KillScenario {
  readonly name: string;
  readonly args: readonly string[];
  readonly postLaunch?: readonly unknown[];
  /** How `resume` may end. */
  readonly resumed: readonly number[];
  /** What may be live then: all servers have the same. */
  readonly ends: readonly string[];
}

export const KILL_SCENARIOS: readonly KillScenario[] = [
  { name: 'deploy', args: ['deploy', 'production'], resumed: [0], ends: ['two', 'three'] },
  {
    name: 'a deploy that must compensate',
    args: ['deploy', 'production'],
    // Fails for the new release only: the old one is launched again, and then well.
    postLaunch: ['[ "$CUTOVER_ROLLBACK" = 1 ] || exit 1'],
    // 0: killed before anything was begun, or after all had ended.
    resumed: [0, 12],
    ends: ['two'],
  },
  { name: 'rollback', args: ['rollback', 'production'], resumed: [0], ends: ['one', 'two'] },
];

/** How many events a run has that nobody kills. */
export async function countEvents(site: Site, scenario: KillScenario): Promise<number> {
  const machine = await begin(site, scenario);
  return (await followStory(machine.start([...scenario.args, '--events']))).events;
}

/** Kills the program when it has told the n-th event; then another machine ends the matter. */
export async function tryKill(site: Site, scenario: KillScenario, nth: number): Promise<Trial> {
  const machine = await begin(site, scenario);
  const before = await survey(site);
  const reader = await startReader(site);
  const running = machine.start([...scenario.args, '--events']);
  const { last } = await followStory(running, nth, () => running.kill('SIGKILL'));
  const violations = [...brokenAlways(site, before, await survey(site))];
  const heal = async () => {
    const served = new Set(servedBy(site, await survey(site)).split(','));
    if (!scenario.ends.some((end) => served.has(end)))
      violations.push(`after resume it serves ${[...served]}`);
    await site.configure();
  };
  const { resumed } = scenario;
  violations.push(...(await repair(site, before, await site.elsewhere(), { resumed, heal })));
  const { errors, seen, reads } = await reader.stop();
  violations.push(...errors.map((each) => `a reader saw: ${each}`));
  if (reads === 0 || seen.length === 0) violations.push('the reader read nothing');
  return { name: `${scenario.name}, killed at event ${nth} (${last})`, exitCode: null, violations };
}

async function begin(site: Site, { postLaunch }: KillScenario): Promise<Machine> {
  await site.configure(postLaunch ? { postLaunch } : {});
  return site.reset();
}
