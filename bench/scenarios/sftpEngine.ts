import { startServer } from '../../test/integration/support/sshServer.ts';
import type { Bench } from '../bench.ts';
import { type Contestant, interleave, type Outcome } from '../contest/interleave.ts';
import { contestTable } from '../contest/table.ts';
import type { History } from '../histories/history.ts';
import { tenChanged } from '../histories/synthetic.ts';
import { openCutover } from '../peers/cutover.ts';
import { asRoot } from '../server.ts';
import { against, count, inSmall, type Scenario, sizesOf } from './scenario.ts';

type TestServer = Awaited<ReturnType<typeof startServer>>;

/** Ourselves on a server that allows SFTP only beside ourselves on one with a shell. */
export const sftpEngine: Scenario = {
  name: 'sftp-engine',
  async run(bench, report) {
    const { few, usual } = sizesOf(bench.options);
    const files = bench.options.isQuick ? few : usual;
    await using sftpOnly = await startServer({ image: 'sftp-only' });
    await using withShell = await startServer({ image: 'openssh' });
    const { history } = await bench.field(files);
    const sides = [
      { name: 'sftp engine', server: sftpOnly },
      { name: 'shell engine', server: withShell },
    ] as const;
    const entrants: Contestant[] = [];
    for (const { name, server } of sides) entrants.push(await entrant(bench, history, name, server));
    let generation = 3_000_000;
    const outcomes = await interleave(entrants, {
      count: bench.options.rounds ?? (bench.options.isQuick ? 2 : 9),
      each: async () => void (await history.commit(tenChanged(files, ++generation))),
    });
    const isTold = outcomes.some(({ trouble }) => trouble !== null);
    const areRight = isTold || (await liveFiles(sftpOnly)) === (await liveFiles(withShell));
    const judged = areRight ? outcomes : outcomes.map(withOtherFiles);
    report.table(contestTable(judged, { title: `ten changed of ${count(files)} files, loopback` }));
    report.goal({ goal: 'sftpToShell', value: against(judged, 'shell engine'), ...inSmall(files, usual) });
  },
};

async function entrant(
  bench: Bench,
  history: History,
  name: string,
  server: TestServer,
): Promise<Contestant> {
  const directory = await bench.scratch(name.replace(' ', '-'));
  const place = { directory, deployPath: server.path, server };
  const deployer = await openCutover(place, { git: history.repository });
  return { name, missing: null, run: () => deployer.deploy(history.head(), server) };
}

function liveFiles(server: TestServer): Promise<string> {
  const script = 'cd "$1/current" && find . -type f | LC_ALL=C sort | xargs sha256sum | sha256sum';
  return asRoot(server, ['sh', '-c', script, 'sh', server.pathInContainer]);
}

function withOtherFiles(outcome: Outcome): Outcome {
  if (outcome.trouble !== null) return outcome;
  return { ...outcome, laps: [], trouble: 'failed: the two servers do not hold the same files' };
}
