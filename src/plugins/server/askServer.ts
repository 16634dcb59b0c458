import { CutoverError, type HookCommand, type HookContext } from '../../core/contract/index.ts';

/**
 * Runs a program on the server that ends with a line `ok: …` or `failed: …` and status 0, and gives what stands behind
 * `ok: `. Rejects with `E_HOOK` and what stands behind `failed: `, and as `commandOf` does.
 */
export async function askServer(question: HookCommand, context: HookContext): Promise<string> {
  const output = await commandOf(context)(question);
  const last = output.trimEnd().split('\n').at(-1)?.trim() ?? '';
  if (last.startsWith('ok: ')) return last.slice('ok: '.length);
  if (last.startsWith('failed: ')) throw new CutoverError('E_HOOK', last.slice('failed: '.length));
  const said = last === '' ? 'it said nothing' : `the last it said is: ${last}`;
  throw new CutoverError('E_HOOK', `What it ran on ${context.server} did not say how it ended; ${said}`);
}

/** Rejects with `E_CAPABILITY` where no commands can be run. */
export function commandOf({ command, server }: HookContext): NonNullable<HookContext['command']> {
  if (command !== undefined) return command;
  throw new CutoverError('E_CAPABILITY', `It runs programs on ${server}, where no commands can be run.`, {
    hint: 'Reach the server by a transport that can run commands, or do without this hook.',
  });
}

/** The words that make `sh` run a script with these arguments. */
export function shellScript(script: string, ...words: readonly string[]): readonly string[] {
  return ['sh', '-c', script, 'cutover', ...words];
}
