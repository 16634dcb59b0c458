import { run } from '@oclif/core/run';

/** The command line. The one place that ends the process. */
export async function main(root: string, argv: readonly string[]): Promise<void> {
  await run([...argv], root);
  await Promise.all([process.stdout, process.stderr].map(flushed));
  process.exit();
}

/** Also when nobody reads any more: a stream that was closed calls back with an error. */
function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => stream.write('', () => resolve()));
}
