import { closest } from '../../core/config/closest.ts';
import { escapeRemote } from '../escape.ts';
import { asTyped } from './asTyped.ts';

interface NotFound {
  readonly id: string;
  readonly config: { readonly bin: string; readonly commandIDs: readonly string[] };
}

/** oclif asks this hook when a command does not exist. */
export default async function commandNotFound({ id, config }: NotFound): Promise<void> {
  const near = nearest(id, config.commandIDs);
  const hint = near === null ? `${config.bin} --help` : `${config.bin} ${asTyped(near)}`;
  process.stderr.write(`✗ There is no command "${escapeRemote(asTyped(id))}".\n  Next: ${hint}\n`);
  process.exitCode = 2;
}

/** What is no word of a command any more, like the environment, is in the id too. */
function nearest(id: string, commandIds: readonly string[]): string | null {
  const words = id.split(':');
  for (let count = words.length; count > 0; count -= 1) {
    const near = closest(words.slice(0, count).join(':'), commandIds);
    if (near !== null) return near;
  }
  return null;
}
