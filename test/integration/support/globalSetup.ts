import { openTestRun } from './testRun.ts';

/** Runs once before all integration tests. Without a Docker engine it throws, so that the run fails. */
export default async function setup(): Promise<() => Promise<void>> {
  const run = await openTestRun();
  return async () => {
    await run[Symbol.asyncDispose]();
  };
}
