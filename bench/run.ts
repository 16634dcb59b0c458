import { startUp } from './startUp.ts';

/** Prints one table for each scenario: ours beside the peer in the same run, interleaved, as ratios. */
console.log(await startUp(process.argv.includes('--quick') ? 10 : 30));
