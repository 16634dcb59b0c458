import { contestTable } from '../contest/table.ts';
import { renamedDirectory as changes } from '../histories/synthetic.ts';
import { roundTripMs } from '../links.ts';
import { cutover } from '../peers/cutover.ts';
import { rsyncScript } from '../peers/rsyncScript.ts';
import { count, type Scenario, sizesOf } from './scenario.ts';

export const renamedDirectory: Scenario = {
  name: 'renamed-directory',
  async run({ options, links, field, slow }, report) {
    const peers = [cutover, rsyncScript, ...slow];
    for (const files of sizesOf(options).each) {
      let generation = 0;
      const site = await field(files);
      const change = () => site.history.commit(changes(++generation));
      const title = `a renamed directory of ${count(files / 20)} among ${count(files)} files`;
      const rounds = options.rounds ?? (options.isQuick ? 1 : 5);
      const near = await site.redeploy({ peers, link: links.loopback, rounds, change });
      report.table(contestTable(near, { title: `${title}, loopback` }));
      if (options.isQuick) continue;
      const far = await site.redeploy({ peers, link: links.far, rounds: options.rounds ?? 3, change });
      const farTitle = `${title}, ${links.far.name}`;
      report.table(contestTable(far, { title: farTitle, near: { outcomes: near, roundTripMs } }));
    }
  },
};
