import { run } from '@oclif/core/run';
import { oclifOptions } from './ui/command/installed/oclifOptions.ts';
import { outFlushed } from './ui/command/standardOutput.ts';
import { isTransactionOpen, tellUnfinished } from './ui/command/unfinished.ts';

/** The exit code of a second signal, which was told of. */
const STOPPED = 130;

/** The command line. The one place that ends the process. */
export async function main(root: string, argv: readonly string[]): Promise<void> {
  const onExit = (code: number) => refuseToEndUnnoticed(code, argv);
  // What a plugin puts in its place is not meant for us.
  const exit = process.exit.bind(process);
  process.once('exit', onExit);
  process.once('uncaughtException', (error) => {
    process.off('exit', onExit);
    tellThrownAside(error, argv);
    exit(1);
  });
  try {
    await run([...argv], await oclifOptions(root, process.env));
  } catch (error) {
    const { tellUncaught } = await import('./ui/command/tellUncaught.ts');
    tellUncaught(error, argv);
  }
  await Promise.all([outFlushed(), flushed(process.stderr)]);
  process.off('exit', onExit);
  exit();
}

/** Such as in a timer: what waits for it would wait for ever, and nobody knows in what state anything is. */
function tellThrownAside(error: unknown, argv: readonly string[]): void {
  const thrown = error instanceof Error ? (error.stack ?? error.message) : String(error);
  tellUnfinished(
    `Something was thrown where nothing can catch it, by a plugin or by cutover, and ended it.\n${thrown}`,
    argv,
  );
}

/**
 * What would look like success, or like servers that need a person: 0 is what a plugin may say, 13 what Node does. In the
 * middle of a transaction any code would say what is not so.
 */
function refuseToEndUnnoticed(code: number, argv: readonly string[]): void {
  if (code === STOPPED || (code !== 0 && code !== 13 && !isTransactionOpen())) return;
  const why = code === 13 ? 'it waited for what never comes' : 'something, probably a plugin, ended it';
  tellUnfinished(`cutover ended before it was done: ${why}.`, argv);
  process.exitCode = 1;
}

/** Also when nobody reads any more: a stream that was closed calls back with an error. */
function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => stream.write('', () => resolve()));
}
