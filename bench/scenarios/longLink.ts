import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startProxy } from '../../test/integration/support/proxy.ts';
import { type ServerOptions, startServer } from '../../test/integration/support/sshServer.ts';
import type { Bench } from '../bench.ts';
import { type Contestant, interleave } from '../contest/interleave.ts';
import { contestTable } from '../contest/table.ts';
import { pseudoRandom } from '../histories/synthetic.ts';
import { roundTripMs } from '../links.ts';
import { watchMemory } from '../peakMemory.ts';
import { openCutover } from '../peers/cutover.ts';
import { environment } from '../peers/peer.ts';
import { isInstalled, program } from '../program.ts';
import { asRoot, settled, trust } from '../server.ts';
import type { Scenario } from './scenario.ts';

/** Two sessions have no room for a second channel beside scripts. */
const sides = [
  { name: 'several channels', image: 'openssh' },
  { name: 'one channel (MaxSessions=2)', image: 'openssh', sshd: ['MaxSessions=2'] },
  { name: 'sftp engine', image: 'sftp-only' },
] as const satisfies readonly (ServerOptions & { readonly name: string })[];

/** A first deployment through as many channels as pay, through one, and over SFTP, beside what the window of one lets through. */
export const longLink: Scenario = {
  name: 'long-link',
  isLong: true,
  async run(bench, report) {
    const files = bench.options.isQuick ? 30 : 100;
    const source = await bench.scratch('long-link-source');
    for (let index = 0; index < files; index++)
      await writeFile(join(source, `${index}.bin`), pseudoRandom(index, 1_000_000));
    await using stack = new AsyncDisposableStack();
    const entrants: Contestant[] = [];
    for (const { name, ...options } of sides) {
      const server = stack.use(await startServer(options));
      const proxy = stack.use(await startProxy({ port: server.port, delayMs: roundTripMs / 2 }));
      await trust(server, proxy.port);
      entrants.push(await entrant(bench, { name, source, server, port: proxy.port }));
    }
    entrants.push(await rawWindow(bench, source));
    const count = bench.options.rounds ?? (bench.options.isQuick ? 1 : 5);
    const outcomes = await interleave(entrants, { count });
    const title = `first deployment of ${files} files of 1 MB, ${bench.links.far.name}`;
    report.table(contestTable(outcomes, { title }));
  },
};

interface Side {
  readonly name: string;
  readonly source: string;
  readonly server: Awaited<ReturnType<typeof startServer>>;
  readonly port: number;
}

async function entrant(bench: Bench, { name, source, server, port }: Side): Promise<Contestant> {
  let watch: ReturnType<typeof watchMemory> | null = null;
  let most = 0;
  const directory = await bench.scratch(`long-link-${server.port}`);
  const place = { directory, deployPath: server.path, server };
  const onStart = (pid: number) => {
    watch = watchMemory(pid);
  };
  const deployer = await openCutover(place, { directory: source }, { onStart });
  return {
    get name() {
      return most === 0 ? name : `${name}, ${(most / 1e6).toFixed(0)} MB of memory at most`;
    },
    missing: null,
    async before() {
      await settled(server);
      await asRoot(server, ['find', server.pathInContainer, '-mindepth', '1', '-delete']);
      await deployer.forget();
    },
    async run() {
      try {
        return await deployer.deploy('', { host: server.host, port });
      } finally {
        most = Math.max(most, watch?.stop()?.largestBytes ?? 0);
      }
    },
  };
}

/** As many bytes through one channel of ssh to nobody. */
async function rawWindow({ links, scratch }: Bench, source: string): Promise<Contestant> {
  const env = environment(await scratch('long-link-raw'));
  const script = 'set -o pipefail; cat "$1"/* | ssh -F "$2" bench "cat >/dev/null"';
  return {
    name: 'cat piped through ssh to /dev/null',
    missing: (await isInstalled('ssh', '-V')) ? null : 'ssh is not installed: apt-get install openssh-client',
    async run() {
      const argv = ['bash', '-c', script, 'bash', source, links.far.sshConfigPath];
      return { totalMs: (await program(argv, { env })).ms, checkoutMs: 0 };
    },
  };
}
