import { contestTable } from '../contest/table.ts';
import { roundTripMs } from '../links.ts';
import { cutover } from '../peers/cutover.ts';
import { rsyncScript } from '../peers/rsyncScript.ts';
import { count, type Scenario, sizesOf } from './scenario.ts';

/** The commit that is live, once more. We say that there is nothing to do; the others make a release of it. */
export const nothingChanged: Scenario = {
  name: 'nothing-changed',
  async run({ options, links, field, slow }, report) {
    const peers = [cutover, rsyncScript, ...slow];
    for (const files of sizesOf(options).each) {
      const title = `nothing changed in ${count(files)} files`;
      const site = await field(files);
      const rounds = options.rounds ?? (options.isQuick ? 1 : 5);
      const near = await site.redeploy({ peers, link: links.loopback, rounds });
      report.table(contestTable(near, { title: `${title}, loopback` }));
      if (options.isQuick) continue;
      const far = await site.redeploy({ peers, link: links.far, rounds: options.rounds ?? 3 });
      const farTitle = `${title}, ${links.far.name}`;
      report.table(contestTable(far, { title: farTitle, near: { outcomes: near, roundTripMs } }));
    }
  },
};
