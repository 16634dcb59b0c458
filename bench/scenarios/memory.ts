import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bench } from '../bench.ts';
import { markdown } from '../contest/table.ts';
import { pseudoRandom, tenChanged } from '../histories/synthetic.ts';
import { type PeakMemory, watchMemory } from '../peakMemory.ts';
import { openCutover } from '../peers/cutover.ts';
import { messageOf } from '../program.ts';
import { asRoot, settled } from '../server.ts';
import { count, inSmall, type Scenario, sizesOf } from './scenario.ts';

/** Apart from what is timed, because watching costs. */
export const memory: Scenario = {
  name: 'memory',
  async run(bench, report) {
    const { isQuick } = bench.options;
    const files = sizesOf(bench.options).many;
    const { history } = await bench.field(files);
    const site = await watched(bench, `memory-${files}`, { git: history.repository });
    const first = await site.deploy();
    await history.commit(tenChanged(files, 2_000_000));
    const second = await site.deploy();

    const megabytes = isQuick ? 100 : 2_000;
    const directory = await bench.scratch('memory-source');
    await writeLargeFile(join(directory, 'large.bin'), megabytes);
    const large = await watched(bench, 'memory-large', { directory });
    const third = await large.deploy();

    const rows = [
      row(`first deployment of ${count(files)} files, git source`, first),
      row(`ten changed of ${count(files)} files, git source`, second),
      row(`first deployment of a file of ${count(megabytes)} MB, directory source`, third),
    ];
    const head = ['peak memory', 'largest process, MB', 'it and its children at one time, MB'];
    report.table(markdown(head, rows));
    const many = typeof first === 'string' || typeof second === 'string' ? null : worse(first, second);
    report.goal({ goal: 'memoryMany', value: many, ...inSmall(files, 100_000) });
    const one = typeof third === 'string' ? null : third.largestBytes / 1e6;
    report.goal({
      goal: 'memoryLarge',
      value: one,
      ...(isQuick ? { note: `in small: ${megabytes} MB` } : {}),
    });
  },
};

interface Watched {
  /** Or why there is no figure. */
  deploy(): Promise<PeakMemory | string>;
}

async function watched({ server, links, scratch }: Bench, name: string, source: object): Promise<Watched> {
  let watch: ReturnType<typeof watchMemory> | null = null;
  const deployPath = `${server.path}/${name}`;
  await asRoot(server, ['install', '-d', '-o', server.user, deployPath]);
  const place = { directory: await scratch(name), deployPath, server };
  const deployer = await openCutover(place, source, {
    onStart: (pid) => {
      watch = watchMemory(pid);
    },
  });
  return {
    async deploy() {
      const trouble = await deployer.deploy('', links.loopback).then(
        () => null,
        (error: unknown) => `failed: ${messageOf(error)}`,
      );
      const peak = watch?.stop() ?? null;
      await settled(server);
      return trouble ?? peak ?? 'not measured: this needs the /proc of Linux';
    },
  };
}

function row(name: string, peak: PeakMemory | string): readonly string[] {
  if (typeof peak === 'string') return [name, peak, ''];
  return [name, ...[peak.largestBytes, peak.togetherBytes].map((bytes) => (bytes / 1e6).toFixed(0))];
}

function worse(a: PeakMemory, b: PeakMemory): number {
  return Math.max(a.largestBytes, b.largestBytes) / 1e6;
}

async function writeLargeFile(path: string, megabytes: number): Promise<void> {
  await using file = await open(path, 'w');
  for (let written = 0; written < megabytes; written += 10)
    await file.write(pseudoRandom(written, 10_000_000));
}
