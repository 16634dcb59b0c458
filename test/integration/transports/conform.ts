import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { type TransportPlace, transportCases } from '../../../src/core/testing/transportConformance.ts';
import { currentTestRun } from '../support/testRun.ts';
import { type Column, columnsDirectory, type Outcome } from './table.ts';

/** What a column of the table stands for: a transport, and a server of some kind. */
export interface Stage {
  readonly place: TransportPlace;
  /** Before the first case, which may use the place only then. */
  readonly begin: () => Promise<void>;
  readonly end: () => Promise<void>;
}

/** Every case of the suite as a test, and a column in the table that the run ends with. */
export function conform(name: string, { place, begin, end }: Stage): void {
  describe(name, () => {
    const outcomes: Record<string, Outcome> = {};
    beforeAll(begin);
    afterAll(async () => {
      await end();
      await keep({ name, outcomes });
    });
    for (const { name: caseName, run, isAlone } of transportCases(place)) {
      test(caseName, { concurrent: !isAlone }, async () => {
        outcomes[caseName] = 'failed';
        await run();
        outcomes[caseName] = 'passed';
      });
    }
  });
}

/** `part`: of a column whose cases run in several places. */
export async function keep(column: Column, part = 'suite'): Promise<void> {
  const run = currentTestRun();
  if (run === null) throw new Error('The table is kept by a test run.');
  const directory = columnsDirectory(run.directory);
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, `${encodeURIComponent(column.name)} ${part}.json`), JSON.stringify(column));
}
