import { contestTable } from '../contest/table.ts';
import { roundTripMs } from '../links.ts';
import { cutover, cutoverDirectory } from '../peers/cutover.ts';
import { tarPipe } from '../peers/floor.ts';
import { leftOut } from '../peers/peer.ts';
import { rsyncScript } from '../peers/rsyncScript.ts';
import { against, between, count, type Scenario } from './scenario.ts';

/** A tree of dependencies to a server that has nothing. */
export const firstDeployment: Scenario = {
  name: 'first-deployment',
  async run({ options, links, dependencies, slow }, report) {
    const { tree, field: site } = await dependencies();
    const script = options.isQuick ? leftOut(rsyncScript) : rsyncScript;
    const peers = [cutoverDirectory, cutover, tarPipe, script, ...slow];
    const megabytes = (tree.bytes / 1_000_000).toFixed(0);
    const title = `first deployment, ${count(tree.files.length)} files of dependencies, ${megabytes} MB`;
    const rounds = options.rounds ?? (options.isQuick ? 1 : 5);
    const near = await site.deployFirst({ peers, link: links.loopback, rounds });
    report.table(contestTable(near, { title: `${title}, loopback` }));
    const small = options.isQuick ? `in small: ${megabytes} MB; ` : '';
    const tar = tarPipe.name;
    report.goal({ goal: 'firstToTar', value: against(near, tar), note: `${small}directory source` });
    report.goal({
      goal: 'firstToTar',
      value: between(near, cutover.name, tar),
      note: `${small}git source`,
    });
    if (options.isQuick) return;

    const far = await site.deployFirst({ peers, link: links.far, rounds: options.rounds ?? 3 });
    const farTitle = `${title}, ${links.far.name}`;
    report.table(contestTable(far, { title: farTitle, near: { outcomes: near, roundTripMs } }));
  },
};
