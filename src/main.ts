import { run } from '@oclif/core/run';
import { oclifOptions } from './ui/command/installed/oclifOptions.ts';

/** The command line. The one place that ends the process. */
export async function main(root: string, argv: readonly string[]): Promise<void> {
  process.once('exit', refuseToEndUnnoticed);
  try {
    await run([...argv], await oclifOptions(root, process.env));
  } catch (error) {
    const { tellUncaught } = await import('./ui/command/tellUncaught.ts');
    tellUncaught(error, argv);
  }
  await Promise.all([process.stdout, process.stderr].map(flushed));
  process.off('exit', refuseToEndUnnoticed);
  process.exit();
}

/** What would look like success, or like servers that need a person: 0 is what a plugin may say, 13 what Node does. */
function refuseToEndUnnoticed(code: number): void {
  if (code !== 0 && code !== 13) return;
  const why = code === 0 ? 'something, probably a plugin, ended it' : 'it waited for what never comes';
  process.stderr.write(
    `✗ cutover ended before it was done: ${why}.\n  Next: cutover status tells what the servers serve, cutover plugins what is installed\n`,
  );
  process.exitCode = 1;
}

/** Also when nobody reads any more: a stream that was closed calls back with an error. */
function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => stream.write('', () => resolve()));
}
