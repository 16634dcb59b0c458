import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { tableReporter } from './test/integration/transports/tableReporter.ts';

/**
 * The same for both, so that they run as one group on any machine: unit tests take the workers that the last
 * integration tests leave. Most of them wait for other processes, so there may be one more than two cores.
 */
const maxWorkers = Math.max(3, availableParallelism());

export default defineConfig({
  test: {
    reporters: [tableReporter, 'default'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'test/unit/**/*.test.ts'],
          testTimeout: 20_000,
          maxWorkers,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          globalSetup: ['test/integration/support/globalSetup.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          pool: 'forks',
          maxWorkers,
        },
      },
      {
        test: {
          name: 'faults',
          include: ['test/faults/**/*.test.ts'],
          globalSetup: ['test/integration/support/globalSetup.ts'],
          testTimeout: 3_600_000,
          hookTimeout: 180_000,
          pool: 'forks',
          maxWorkers: 2,
          // After the others, which have another number of workers.
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
