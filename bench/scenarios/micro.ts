import { join } from 'node:path';
import type { Bench } from '../bench.ts';
import { interleave } from '../contest/interleave.ts';
import { ratio, showSpread, spread } from '../contest/spread.ts';
import { markdown } from '../contest/table.ts';
import { cloneOf, git } from '../histories/history.ts';
import { tenChanged } from '../histories/synthetic.ts';
import { diffing } from '../micro/diff.ts';
import { packing } from '../micro/pack.ts';
import { scanningDirectory, scanningGit } from '../micro/scan.ts';
import { program } from '../program.ts';
import { count, type Scenario, sizesOf } from './scenario.ts';

/** One part of the work alone. */
export interface Part {
  readonly name: string;
  run(): Promise<unknown>;
  /** A program that does as much, and how it is called in the table. */
  readonly peer?: { readonly name: string; readonly argv: readonly string[] };
}

/** Scan, diff and pack inside of this process, warm, beside programs that do the same. */
export const micro: Scenario = {
  name: 'micro',
  async run(bench, report) {
    const { usual: files } = sizesOf(bench.options);
    const { history } = await bench.field(files);
    const before = history.head();
    await history.commit(tenChanged(files, 4_000_000));
    const clone = await cloneOf(history, join(await bench.scratch('micro'), 'clone'));
    await git(clone, 'checkout', '--quiet', history.head());
    const cacheDirectory = await bench.scratch('micro-cache');
    const parts: readonly Part[] = [
      ...scanningDirectory(clone, cacheDirectory),
      ...scanningGit(history.repository, before, history.head()),
      ...diffing(bench.options.isQuick ? 20_000 : 100_000),
      ...(await packing(clone)),
    ];
    const rows: (readonly string[])[] = [];
    for (const part of parts) rows.push(await measure(part, bench));
    const head = [`parts (a tree of ${count(files)} files unless said)`, 'ms', 'beside', 'ms', 'ratio'];
    report.table(markdown(head, rows));
  },
};

async function measure({ name, run, peer }: Part, { options }: Bench): Promise<readonly string[]> {
  const contestants = [{ name, missing: null, run: lap(run) }];
  if (peer !== undefined)
    contestants.push({ name: peer.name, missing: null, run: lap(() => program(peer.argv)) });
  const outcomes = await interleave(contestants, { count: options.rounds ?? (options.isQuick ? 2 : 15) });
  const trouble = outcomes.find((outcome) => outcome.trouble !== null)?.trouble;
  if (trouble) return [name, trouble, '', '', ''];
  const [ours = [], theirs = []] = outcomes.map(({ laps }) => laps.map(({ totalMs }) => totalMs));
  const pairs = ratio(ours, theirs)?.pairs;
  const show = (values: readonly number[]): string => {
    const found = spread(values);
    return found === null ? '' : showSpread(found, 1);
  };
  return [name, show(ours), peer?.name ?? '', show(theirs), pairs ? showSpread(pairs, 2) : ''];
}

function lap(work: () => Promise<unknown>) {
  return async () => {
    const startedAt = performance.now();
    await work();
    return { totalMs: performance.now() - startedAt, checkoutMs: 0 };
  };
}
