import { run } from '@oclif/core/run';
import { oclifOptions } from './ui/command/installed/oclifOptions.ts';

/** The command line. The one place that ends the process. */
export async function main(root: string, argv: readonly string[]): Promise<void> {
  const onExit = () => {
    process.stderr.write('✗ cutover ended before it was done: it waited for something that never comes.\n');
    process.exitCode = 1;
  };
  process.once('exit', (code) => code === 13 && onExit());
  try {
    await run([...argv], await oclifOptions(root, process.env));
  } catch (error) {
    const { tellUncaught } = await import('./ui/command/tellUncaught.ts');
    tellUncaught(error, argv);
  }
  await Promise.all([process.stdout, process.stderr].map(flushed));
  process.exit();
}

/** Also when nobody reads any more: a stream that was closed calls back with an error. */
function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => stream.write('', () => resolve()));
}
