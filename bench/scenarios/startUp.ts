import { interleave } from '../contest/interleave.ts';
import { ratio, showSpread, spread } from '../contest/spread.ts';
import { markdown } from '../contest/table.ts';
import { bin } from '../peers/cutover.ts';
import { program } from '../program.ts';
import type { Scenario } from './scenario.ts';

const cases = [
  ['cutover --version', ['--version'], 0],
  ['cutover status (no environment given: exit 2)', ['status'], 2],
  ['cutover deploy --help', ['deploy', '--help'], 0],
] as const;

/** What it costs to start: a command that does nothing beside a bare node. Goal: a ratio of 3 or less. */
export const startUp: Scenario = {
  name: 'start-up',
  async run({ options }, report) {
    const rows: (readonly string[])[] = [];
    for (const [name, args, exitCode] of cases) {
      const [ours, bare] = await interleave(
        [starting(name, [bin, ...args], exitCode), starting('node -e 0', ['-e', '0'], 0)],
        { count: options.rounds ?? (options.isQuick ? 5 : 30) },
      );
      const trouble = ours?.trouble ?? bare?.trouble;
      if (trouble) {
        rows.push([name, trouble, '', '']);
        continue;
      }
      const [a, b] = [ours, bare].map((outcome) => outcome?.laps.map((lap) => lap.totalMs) ?? []);
      const figures = [spread(a ?? []), spread(b ?? [])].map((each) => (each ? showSpread(each, 0) : ''));
      const pairs = ratio(a ?? [], b ?? [])?.pairs;
      rows.push([name, ...figures, pairs ? showSpread(pairs, 2) : '']);
    }
    report.table(markdown(['start-up', 'ms', 'node -e 0, ms', 'ratio'], rows));
  },
};

function starting(name: string, args: readonly string[], exitCode: number) {
  const run = async () => {
    const { ms } = await program([process.execPath, ...args], { exitCode });
    return { totalMs: ms, checkoutMs: 0 };
  };
  return { name, missing: null, run };
}
