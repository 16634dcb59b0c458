import { CutoverError, type Notice, type Scope } from '../../core/contract/index.ts';
import { defineNotifier } from '../defineNotifier.ts';
import { bytes, cut } from '../notice/cut.ts';
import { factsOf } from '../notice/facts.ts';
import { textOf } from '../notice/lines.ts';
import { resolveTexts } from '../resolveText.ts';
import { NotifierOptions } from './options.ts';
import { argvOf, runProgram, shownEnd, shownProgram } from './program.ts';

/** Runs a program on the machine that deploys, with the notice as JSON for its input and in its environment. */
export const notifier = defineNotifier(NotifierOptions, async (options, notice, scope) => {
  const program = {
    argv: argvOf(options),
    directory: scope.resolvePath(options.directory),
    environment: await environmentOf(options, notice, scope),
    input: `${JSON.stringify(notice)}\n`,
  };
  const end = await runProgram(program, scope.signal, scope.log);
  if (end.type === 'code' && end.code === 0) return;
  throw new CutoverError('E_PLUGIN', `${shownProgram(options)} ${shownEnd(end)}.`, {
    hint: 'Its output stands in the story above, and in the log.',
  });
});

/** The variables of whoever deploys hold secrets that were given to others. */
async function environmentOf({ variables }: NotifierOptions, notice: Notice, scope: Scope) {
  const given = Object.entries(process.env).filter(([name]) => KEPT.test(name));
  const facts = Object.entries({ ...factsOf(notice), title: notice.title, text: textOf(notice) });
  return {
    ...Object.fromEntries(given),
    ...Object.fromEntries(
      facts.map(([name, value]) => [
        variableNameOf(name),
        cut(value.replaceAll('\0', ''), MOST_VARIABLE_BYTES, { sizeOf: bytes }),
      ]),
    ),
    CUTOVER_EVENTS: notice.events.join(' '),
    ...(await resolveTexts(variables, scope)),
  };
}

/** Linux starts no program with one above 128 KiB (MAX_ARG_STRLEN in execve(2)). The input has it whole. */
const MOST_VARIABLE_BYTES = 32_768;

const KEPT = /^(?:PATH|HOME|USER|LOGNAME|SHELL|LANG|LC_[A-Z]+|TZ|TMPDIR)$/;

/** `previousRelease` is `CUTOVER_PREVIOUS_RELEASE`. */
function variableNameOf(fact: string): string {
  return `CUTOVER_${fact.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}
