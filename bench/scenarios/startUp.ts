import { interleave } from '../contest/interleave.ts';
import { ratio, showSpread, spread } from '../contest/spread.ts';
import { markdown } from '../contest/table.ts';
import { bin } from '../peers/cutover.ts';
import { timed } from '../program.ts';
import type { Scenario } from './scenario.ts';

const cases = [
  ['cutover --version', ['--version']],
  ['cutover status (no environment given: exit 2)', ['status']],
  ['cutover deploy --help', ['deploy', '--help']],
] as const;

/** What it costs to start: a command that does nothing beside a bare node. Goal: a ratio of 3 or less. */
export const startUp: Scenario = {
  name: 'start-up',
  async run({ options }, report) {
    const rows: (readonly string[])[] = [];
    for (const [name, args] of cases) {
      const [ours, bare] = await interleave(
        [starting(name, [bin, ...args]), starting('node -e 0', ['-e', '0'])],
        { count: options.rounds ?? (options.isQuick ? 5 : 30) },
      );
      const [a, b] = [ours, bare].map((outcome) => outcome?.laps.map((lap) => lap.totalMs) ?? []);
      const figures = [spread(a ?? []), spread(b ?? [])].map((each) => (each ? showSpread(each, 0) : ''));
      const pairs = ratio(a ?? [], b ?? [])?.pairs;
      rows.push([name, ...figures, pairs ? showSpread(pairs, 2) : '']);
    }
    report.table(markdown(['start-up', 'ms', 'node -e 0, ms', 'ratio'], rows));
  },
};

function starting(name: string, args: readonly string[]) {
  const argv = [process.execPath, ...args];
  return { name, missing: null, run: async () => ({ totalMs: await timed(argv), checkoutMs: 0 }) };
}
