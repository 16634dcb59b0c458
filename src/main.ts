import { flush, run } from '@oclif/core';

/** The command line. The one place that ends the process. */
export async function main(root: string, argv: readonly string[]): Promise<void> {
  await run([...argv], root);
  await flush();
  process.exit();
}
