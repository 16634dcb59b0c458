import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TransactionResult } from '../../src/core/operations/results.ts';
import type { Bench } from '../bench.ts';
import { type Contestant, interleave, type Lap } from '../contest/interleave.ts';
import { spread } from '../contest/spread.ts';
import { contestTable, markdown } from '../contest/table.ts';
import { type Fleet, type FleetServer, startFleet } from '../fleet.ts';
import { cloneOf, type History } from '../histories/history.ts';
import { tenChanged } from '../histories/synthetic.ts';
import { type PeakMemory, watchMemory } from '../peakMemory.ts';
import { bin, writeConfiguration } from '../peers/cutover.ts';
import { environment } from '../peers/peer.ts';
import { rsyncScript, rsyncScriptPath } from '../peers/rsyncScript.ts';
import { program } from '../program.ts';
import { asRoot } from '../server.ts';
import { against, count, type Report, type Scenario } from './scenario.ts';

const files = 1_000;

/** Ten changed files on many servers at once. */
export const group: Scenario = {
  name: 'group',
  async run(bench, report) {
    const { isQuick, rounds } = bench.options;
    const size = isQuick ? 10 : 50;
    await using fleet = await startFleet(size, await bench.scratch('fleet'));
    await contest(bench, fleet, rounds ?? (isQuick ? 1 : 5), report);
    if (!isQuick) await large(bench, report);
  },
};

async function contest(bench: Bench, fleet: Fleet, rounds: number, report: Report): Promise<void> {
  const { history } = await bench.field(files);
  const { servers } = fleet;
  const all = await ours(bench, fleet, history, servers, 'ours');
  const one = await ours(bench, fleet, history, servers.slice(0, 1), 'alone');
  const theirs = await scripts(bench, fleet, history);
  let generation = 3_000_000;
  const outcomes = await interleave([all.contestant, one.contestant, theirs], {
    count: rounds,
    each: async () => void (await history.commit(tenChanged(files, ++generation))),
    settle: () => fleet.settled(),
  });
  const title = `ten changed of ${count(files)} files, ${servers.length} servers`;
  report.table(contestTable(outcomes, { title }));
  report.table(ledger(all.runs));
  const note = servers.length === 50 ? {} : { note: `in small: ${servers.length} servers` };
  report.goal({ goal: 'groupToRsync', value: against(outcomes, theirs.name), ...note });
  const memory = Math.max(...all.runs.map(({ peak }) => (peak?.largestBytes ?? 0) / 1e6));
  report.goal({ goal: 'groupMemory', value: memory, ...note });
  const skew = spread(all.runs.map(({ skewMs }) => skewMs))?.median ?? null;
  report.goal({ goal: 'groupSkew', value: skew, ...note });
}

/** Only that it ends well, and what it takes. */
async function large(bench: Bench, report: Report): Promise<void> {
  await using fleet = await startFleet(300, await bench.scratch('fleet-of-300'));
  const { history } = await bench.field(files);
  const { contestant, runs } = await ours(bench, fleet, history, fleet.servers, 'ours');
  for (let generation = 4_000_000; generation < 4_000_002; generation++) {
    await history.commit(tenChanged(files, generation));
    await contestant.run();
    await fleet.settled();
  }
  report.table(ledger(runs, '300 servers: first deployment, then ten changed'));
}

interface Run {
  readonly ms: number;
  readonly skewMs: number;
  readonly peak: PeakMemory | null;
}

async function ours(
  bench: Bench,
  fleet: Fleet,
  history: History,
  servers: readonly FleetServer[],
  name: string,
): Promise<{ readonly contestant: Contestant; readonly runs: Run[] }> {
  const directory = await bench.scratch(`group-${servers.length}-${name}`);
  const home = join(directory, 'home');
  await makePaths(fleet, servers, name);
  const entries = servers.map((server) => [
    server.name,
    entryOf(fleet, server, `/srv/app/${server.name}-${name}`),
  ]);
  await writeConfiguration(directory, { git: history.repository }, Object.fromEntries(entries));
  const runs: Run[] = [];
  const run = async (): Promise<Lap> => {
    let watch: ReturnType<typeof watchMemory> | null = null;
    const { ms, output } = await program([process.execPath, bin, 'deploy', 'production', '--yes', '--json'], {
      cwd: directory,
      env: { ...environment(home), CUTOVER_STATE_DIR: join(home, 'state'), NO_COLOR: '1' },
      onStart: (pid) => {
        watch = watchMemory(pid);
      },
    });
    const peak = (watch as ReturnType<typeof watchMemory> | null)?.stop() ?? null;
    const result = JSON.parse(output.slice(output.indexOf('\n{') + 1)) as TransactionResult;
    if (result.servers.some(({ current }) => current !== result.release))
      throw new Error('not every server serves the release');
    runs.push({ ms, skewMs: result.activationSkewMs ?? 0, peak });
    return { totalMs: ms, checkoutMs: 0 };
  };
  const title = `cutover deploy to ${servers.length === 1 ? 'one server' : `${servers.length} servers`}`;
  return { contestant: { name: title, missing: null, run }, runs };
}

/** One checkout, then the script for each server, all at the same time. */
async function scripts(bench: Bench, fleet: Fleet, history: History): Promise<Contestant> {
  const directory = await bench.scratch('group-scripts');
  const { servers } = fleet;
  await makePaths(fleet, servers, 'script');
  const clone = await cloneOf(history, join(directory, 'clone'));
  const config = join(directory, 'ssh_config');
  await writeFile(config, servers.map((server) => hostOf(fleet, server)).join('\n'));
  return {
    name: `${servers.length} parallel rsync scripts`,
    missing: await rsyncScript.missing(),
    async run() {
      const checkout = await program(['git', '-C', clone, 'checkout', '--quiet', history.head()]);
      const startedAt = performance.now();
      await Promise.all(
        servers.map(({ name }) =>
          program(['bash', rsyncScriptPath, clone, config, name, `/srv/app/${name}-script`], {
            env: environment(directory),
          }),
        ),
      );
      return { totalMs: checkout.ms + performance.now() - startedAt, checkoutMs: checkout.ms };
    },
  };
}

function ledger(runs: readonly Run[], title = 'cutover on all of them'): string {
  const rows = runs.map(({ ms, skewMs, peak }, index) => [
    String(index + 1),
    (ms / 1000).toFixed(2),
    String(skewMs),
    peak === null ? '' : (peak.largestBytes / 1e6).toFixed(0),
    peak === null ? '' : (peak.processorMs / 1000).toFixed(2),
  ]);
  return markdown([title, 'seconds', 'skew, ms', 'peak memory, MB', 'processor, s'], rows);
}

async function makePaths(fleet: Fleet, servers: readonly FleetServer[], name: string): Promise<void> {
  const make = 'owner=$1; shift; for path; do install -d -o "$owner" "$path"; done';
  for (const container of new Set(servers.map((server) => server.container))) {
    const paths = servers
      .filter((server) => server.container === container)
      .map((server) => `/srv/app/${server.name}-${name}`);
    await asRoot(container, ['sh', '-c', make, 'sh', fleet.user, ...paths]);
  }
}

function entryOf(fleet: Fleet, { host, port }: FleetServer, path: string): object {
  const { user, privateKeyPath, knownHostsPath } = fleet;
  return {
    transport: 'ssh2',
    host,
    port,
    user,
    identityFile: privateKeyPath,
    knownHostsFile: knownHostsPath,
    agent: false,
    path,
  };
}

function hostOf({ user, privateKeyPath, knownHostsPath }: Fleet, server: FleetServer): string {
  return `Host ${server.name}
HostName ${server.host}
Port ${server.port}
User ${user}
IdentityFile ${privateKeyPath}
IdentitiesOnly yes
BatchMode yes
StrictHostKeyChecking yes
UserKnownHostsFile ${knownHostsPath}
GlobalKnownHostsFile none
`;
}
