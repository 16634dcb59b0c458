import { CutoverError, defineExtension, type Hook, type HookContext } from '../../core/contract/index.ts';
import { resolveTexts } from '../resolveText.ts';
import { Options } from './options.ts';
import { argvOf, runProgram, shownEnd, shownProgram } from './program.ts';
import { variablesOf } from './variables.ts';

/** Runs a program on the machine that deploys. */
export const hook = defineExtension({
  parse: (raw) => Options.parse(raw),
  create: (options): Hook => ({
    run: (context) => run(options, context),
    interrupted: options.interrupted,
  }),
});

async function run(options: Options, context: HookContext): Promise<void> {
  const program = {
    argv: argvOf(options),
    directory: context.resolvePath(options.directory),
    environment: {
      ...process.env,
      ...variablesOf(context),
      ...(await resolveTexts(options.variables, context)),
    },
  };
  const end = await runProgram(program, context.signal, context.log);
  if (end.type === 'code' && end.code === 0) return;
  throw new CutoverError('E_HOOK', `${shownProgram(options)} ${shownEnd(end)}.`, {
    hint: 'Its output stands in the story above, and in the log.',
  });
}
