import type { Reporter } from 'vitest/node';
import { transportCaseNames } from '../../../src/core/testing/transportConformance.ts';
import { currentTestRun } from '../support/testRun.ts';
import { deploymentCaseNames, readColumns, tableOf } from './table.ts';

/** Prints cases × transports. Stands before the reporter of failures in the configuration, as those are to be read last. */
export const tableReporter: Reporter = {
  onTestRunEnd() {
    const run = currentTestRun();
    if (run === null) return;
    const columns = readColumns(run.directory);
    const names = [...transportCaseNames, ...deploymentCaseNames];
    if (columns.length > 0) process.stdout.write(`\n${tableOf(columns, names)}\n`);
  },
};
