import { transportCaseNames } from '../../../src/core/testing/transportConformance.ts';
import { deploymentCaseNames, readColumns, tableOf } from '../transports/table.ts';
import { openTestRun } from './testRun.ts';

/** Runs once before all integration tests. Without a Docker engine it throws, so that the run fails. */
export default async function setup(): Promise<() => Promise<void>> {
  const run = await openTestRun();
  return async () => {
    const columns = await readColumns(run.directory);
    const names = [...transportCaseNames, ...deploymentCaseNames];
    if (columns.length > 0) process.stdout.write(`\n${tableOf(columns, names)}\n`);
    await run[Symbol.asyncDispose]();
  };
}
