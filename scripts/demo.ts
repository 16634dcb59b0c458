/**
 * Shows a real deployment, a second one, one that fails, and a rollback: node scripts/demo.ts [--keep]
 * Needs git and a built dist/, no server. Ends with 1 when anything is not as told. Leaves nothing behind
 * unless `--keep` is given.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { NotAsTold } from './demo/claim.ts';
import { command, say } from './demo/print.ts';
import { openStage } from './demo/stage.ts';
import { tellStory } from './demo/story.ts';

const { values } = parseArgs({ options: { keep: { type: 'boolean', default: false } } });
const stopping = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => stopping.abort(new Error(`Stopped by ${name}.`)));
}

// A reader that goes away (`| head`) ends the demonstration, and it cleans up.
process.stdout.on('error', (error) => stopping.abort(error));

process.exitCode = await demonstrate();

async function demonstrate(): Promise<number> {
  await using stage = await openStage({ keep: values.keep, signal: stopping.signal });
  try {
    await tellStory(stage);
    say('Everything went as told.');
    if (values.keep) say(`Kept in ${stage.root}`, 'To look around, in its repository/:');
    if (values.keep) command(`node ${join(import.meta.dirname, '..', 'bin', 'cutover.js')} status local`);
    return 0;
  } catch (error) {
    if (stopping.signal.aborted) return 130;
    const told = error instanceof NotAsTold ? error.message : (error as Error).stack;
    process.stderr.write(`\n✗ The demonstration did not go as told. ${told}\n`);
    return 1;
  }
}
