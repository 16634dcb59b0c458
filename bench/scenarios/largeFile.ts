import { openField } from '../contest/field.ts';
import { contestTable } from '../contest/table.ts';
import { createHistory } from '../histories/history.ts';
import { largeFile as changes } from '../histories/largeFile.ts';
import { cutover, cutoverDirectory } from '../peers/cutover.ts';
import { rsyncScript } from '../peers/rsyncScript.ts';
import { against, between, type Scenario } from './scenario.ts';

export const largeFile: Scenario = {
  name: 'large-file',
  async run({ options, links, server, scratch, slow }, report) {
    const megabytes = options.isQuick ? 20 : 200;
    const directory = await scratch('large-file');
    // Compressing what cannot be compressed would be most of the time of git's part.
    const history = await createHistory(directory, 0);
    const site = openField({ name: 'large-file', directory, history, server, link: links.loopback });
    let generation = 0;
    const change = () => history.commit(changes(megabytes * 1_000_000, generation++));

    const peers = [cutover, cutoverDirectory, rsyncScript, ...slow];
    const rounds = options.rounds ?? (options.isQuick ? 1 : 5);
    const outcomes = await site.redeploy({ peers, link: links.narrow, rounds, change });
    const title = `a file of ${megabytes} MB, 1 MB changed in its middle, ${links.narrow.name}`;
    report.table(contestTable(outcomes, { title }));
    const small = options.isQuick ? `in small: ${megabytes} MB; ` : '';
    report.goal({
      goal: 'largeToRsync',
      value: against(outcomes, rsyncScript.name),
      note: `${small}git source, the script with its checkout`,
    });
    report.goal({
      goal: 'largeToRsync',
      value: between(outcomes, cutoverDirectory.name, `${rsyncScript.name}, without`),
      note: `${small}directory source, the script without its checkout`,
    });
  },
};
