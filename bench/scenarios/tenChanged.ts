import type { Bench } from '../bench.ts';
import type { Field } from '../contest/field.ts';
import type { Outcome } from '../contest/interleave.ts';
import { contestTable } from '../contest/table.ts';
import { tenChanged as changes } from '../histories/synthetic.ts';
import { roundTripMs } from '../links.ts';
import { capistrano } from '../peers/capistrano.ts';
import { cutover } from '../peers/cutover.ts';
import { sshTrue } from '../peers/floor.ts';
import type { Peer } from '../peers/peer.ts';
import { rsyncScript } from '../peers/rsyncScript.ts';
import { against, count, inSmall, type Report, type Scenario, sizesOf } from './scenario.ts';

/** The everyday deployment: a commit of ten changed files. */
export const tenChanged: Scenario = {
  name: 'ten-changed',
  async run(bench, report) {
    const { isQuick } = bench.options;
    const { usual: files, many } = sizesOf(bench.options);
    const peers = [cutover, rsyncScript, ...bench.slow, sshTrue];
    // A goal is about it.
    const withCapistrano = peers.map((peer) => (peer.name === capistrano.name ? capistrano : peer));
    if (!isQuick)
      await contest(bench, { site: await synthetic(bench, 1_000), near: peers, far: peers, report });

    const usual = await contest(bench, {
      site: await synthetic(bench, files),
      near: withCapistrano,
      far: peers,
      report,
    });
    report.goal({ goal: 'tenToRsync', value: against(usual.near, rsyncScript.name) });
    report.goal({ goal: 'tenToCapistrano', value: against(usual.near, capistrano.name) });
    report.goal({ goal: 'farToRsync', value: against(usual.far, rsyncScript.name) });
    report.goal({ goal: 'farToLogin', value: against(usual.far, sshTrue.name) });

    if (!isQuick) {
      await contest(bench, { site: await synthetic(bench, 10_000), near: peers, far: peers, report });
      await contest(bench, { site: await real(bench), near: peers, far: peers, report });
    }
    const large = isQuick
      ? usual
      : await contest(bench, { site: await synthetic(bench, many), near: peers, far: peers, report });
    const value = against(large.near, rsyncScript.name);
    report.goal({ goal: 'manyToRsync', value, ...inSmall(many, 100_000) });
  },
};

interface Site {
  readonly name: string;
  readonly field: Field;
  change(): Promise<unknown>;
}

let generation = 0;

async function synthetic(bench: Bench, files: number): Promise<Site> {
  const field = await bench.field(files);
  const change = () => field.history.commit(changes(files, ++generation));
  return { name: `${count(files)} files`, field, change };
}

async function real(bench: Bench): Promise<Site> {
  const { field, tree } = await bench.dependencies();
  const name = `${count(tree.files.length)} files of dependencies, ${(tree.bytes / 1e6).toFixed(0)} MB`;
  return { name, field, change: () => field.history.commit(tree.tenChanged(++generation)) };
}

interface Contest {
  readonly site: Site;
  readonly near: readonly Peer[];
  readonly far: readonly Peer[];
  readonly report: Report;
}

interface Outcomes {
  readonly near: readonly Outcome[];
  readonly far: readonly Outcome[];
}

async function contest({ links, options }: Bench, { site, near, far, report }: Contest): Promise<Outcomes> {
  const { field, change } = site;
  const title = `ten changed of ${site.name}`;

  const nearRounds = options.rounds ?? (options.isQuick ? 2 : 9);
  const nearby = await field.redeploy({ peers: near, link: links.loopback, rounds: nearRounds, change });
  report.table(contestTable(nearby, { title: `${title}, loopback` }));

  const farRounds = options.rounds ?? (options.isQuick ? 1 : 5);
  const away = await field.redeploy({ peers: far, link: links.far, rounds: farRounds, change });
  const farTitle = `${title}, ${links.far.name}`;
  report.table(contestTable(away, { title: farTitle, near: { outcomes: nearby, roundTripMs } }));
  return { near: nearby, far: away };
}
