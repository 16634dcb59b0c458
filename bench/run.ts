import { openBench } from './bench.ts';
import { goalTable, type Measured } from './goals.ts';
import { intro } from './intro.ts';
import { type Options, parseOptions, usage } from './options.ts';
import { scenarios } from './scenarios/index.ts';
import type { Scenario } from './scenarios/scenario.ts';

/**
 * Prints a table for each scenario, ours beside the peers, and the goals with what was measured. No figure decides the
 * exit code.
 */
async function main(options: Options): Promise<void> {
  const measured: Measured[] = [];
  const startedAt = performance.now();
  const seconds = (): string => ((performance.now() - startedAt) / 1000).toFixed(0);
  console.log(intro());
  await using bench = await openBench(options);
  for (const scenario of scenarios) {
    if (!isWanted(scenario, options)) continue;
    console.error(`${seconds()} s: ${scenario.name}`);
    await scenario.run(bench, {
      table: (text) => console.log(`\n${text}`),
      goal: (each) => measured.push(each),
    });
  }
  console.log(`\n${goalTable(measured)}`);
  console.error(`${seconds()} s: done`);
}

function isWanted({ name, isLong = false }: Scenario, { scenarios, isQuick }: Options): boolean {
  return scenarios.length > 0 ? scenarios.includes(name) : !(isQuick && isLong);
}

try {
  await main(
    parseOptions(
      process.argv.slice(2),
      scenarios.map(({ name }) => name),
    ),
  );
} catch (error) {
  console.error(error instanceof TypeError || error instanceof RangeError ? error.message : error);
  console.error(usage);
  process.exitCode = 1;
}
