import type { Bench } from '../bench.ts';
import type { Outcome } from '../contest/interleave.ts';
import { contestTable } from '../contest/table.ts';
import { tenChanged as changes } from '../histories/synthetic.ts';
import { roundTripMs } from '../links.ts';
import { capistrano } from '../peers/capistrano.ts';
import { cutover } from '../peers/cutover.ts';
import { sshTrue } from '../peers/floor.ts';
import { leftOut, type Peer } from '../peers/peer.ts';
import { rsyncScript } from '../peers/rsyncScript.ts';
import { against, count, inSmall, type Report, type Scenario } from './scenario.ts';

/** The everyday deployment: a commit of ten changed files. */
export const tenChanged: Scenario = {
  name: 'ten-changed',
  async run(bench, report) {
    const slow = [capistrano, bench.sshDeployRelease];
    const all = [cutover, rsyncScript, ...slow, sshTrue];
    const quick = [cutover, rsyncScript, ...slow.map(leftOut), sshTrue];
    const { isQuick } = bench.options;
    const many = isQuick ? 10_000 : 100_000;
    if (!isQuick) await contest(bench, { files: 1_000, near: all, far: all, report });

    const site = await contest(bench, { files: 7_000, near: all, far: isQuick ? quick : all, report });
    report.goal({ goal: 'tenToRsync', value: against(site.near, rsyncScript.name) });
    report.goal({ goal: 'tenToCapistrano', value: against(site.near, capistrano.name) });
    report.goal({ goal: 'farToRsync', value: against(site.far, rsyncScript.name) });
    report.goal({ goal: 'farToLogin', value: against(site.far, sshTrue.name) });

    if (!isQuick) await contest(bench, { files: 10_000, near: all, far: all, report });
    const large = await contest(bench, {
      files: many,
      near: isQuick ? quick : all,
      far: isQuick ? null : all,
      report,
    });
    const value = against(large.near, rsyncScript.name);
    report.goal({ goal: 'manyToRsync', value, ...inSmall(many, 100_000) });
  },
};

interface Contest {
  readonly files: number;
  readonly near: readonly Peer[];
  /** Null: only near. */
  readonly far: readonly Peer[] | null;
  readonly report: Report;
}

interface Outcomes {
  readonly near: readonly Outcome[];
  readonly far: readonly Outcome[];
}

let generation = 0;

async function contest(
  { links, options, field }: Bench,
  { files, near, far, report }: Contest,
): Promise<Outcomes> {
  const site = await field(files);
  const change = () => site.history.commit(changes(files, ++generation));
  const title = `ten changed of ${count(files)} files`;

  const nearRounds = options.rounds ?? (options.isQuick ? 3 : 9);
  const nearby = await site.redeploy({ peers: near, link: links.loopback, rounds: nearRounds, change });
  report.table(contestTable(nearby, { title: `${title}, loopback` }));
  if (far === null) return { near: nearby, far: [] };

  const farRounds = options.rounds ?? (options.isQuick ? 1 : 5);
  const away = await site.redeploy({ peers: far, link: links.far, rounds: farRounds, change });
  const farTitle = `${title}, ${links.far.name}`;
  report.table(contestTable(away, { title: farTitle, near: { outcomes: nearby, roundTripMs } }));
  return { near: nearby, far: away };
}
