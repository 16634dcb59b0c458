import { interleave, type Outcome } from '../contest/interleave.ts';
import { contestTable } from '../contest/table.ts';
import { tenChanged } from '../histories/synthetic.ts';
import { cutover } from '../peers/cutover.ts';
import { settled } from '../server.ts';
import { against, count, inSmall, type Scenario, sizesOf } from './scenario.ts';

/** Ten changed files in a large tree and in a small one: what the size of the site costs us. */
export const size: Scenario = {
  name: 'size',
  async run({ options, links, field, server }, report) {
    const { few, many } = sizesOf(options);
    const sites = [
      { files: many, site: await field(many) },
      { files: few, site: await field(few) },
    ];
    const entrants = sites.map(async ({ files, site }) => {
      const entrant = await site.entrant(cutover, links.loopback);
      return { ...entrant, name: `${entrant.name}, ${count(files)} files` };
    });
    let generation = 0;
    const outcomes: readonly Outcome[] = await interleave(await Promise.all(entrants), {
      count: options.rounds ?? (options.isQuick ? 2 : 9),
      async each() {
        generation += 1;
        for (const { files, site } of sites) {
          await site.history.commit(tenChanged(files, 1_000_000 + generation));
        }
      },
      settle: () => settled(server),
    });
    report.table(contestTable(outcomes, { title: 'ten changed, cutover alone' }));
    const value = against(outcomes, outcomes[1]?.name ?? '');
    report.goal({ goal: 'manyToFew', value, ...inSmall(many, 100_000) });
  },
};
