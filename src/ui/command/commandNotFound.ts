import { closest } from '../../core/config/closest.ts';
import { escapeRemote } from '../escape.ts';

interface NotFound {
  readonly id: string;
  readonly config: { readonly bin: string; readonly commandIDs: readonly string[] };
}

/** oclif asks this hook when a command does not exist. */
export default async function commandNotFound({ id, config }: NotFound): Promise<void> {
  const near = closest(id, config.commandIDs);
  const hint = near === null ? `${config.bin} --help` : `${config.bin} ${near}`;
  process.stderr.write(`✗ There is no command "${escapeRemote(id)}".\n  Next: ${hint}\n`);
  process.exitCode = 2;
}
