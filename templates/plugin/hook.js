// @ts-check
/** @import { Hook } from 'cutover/plugin' */
import { CutoverError, defineExtension } from 'cutover/plugin';
import { readOptions, text } from './options.js';

/** Notes each release in a file of the deploy path, and lets nobody deploy while there is a file called STOP. */
export const hook = defineExtension({
  parse: (raw) => readOptions(raw, { file: text('deployed.txt') }),
  /** @returns {Hook} */
  create: ({ file }) => ({
    // What run() does may be done twice: a run that was cut short is done again by `cutover resume`.
    interrupted: 'again',
    deadlineMs: 60_000,
    async refuse({ readFile }) {
      const stop = await readFile('STOP');
      return stop === null ? [] : [`the file STOP says: ${Buffer.from(stop).toString().trim()}`];
    },
    async run({ command, release, server, log }) {
      if (command === undefined)
        throw new CutoverError('E_CAPABILITY', `${server} runs no commands.`, { server });
      // Values are arguments and never part of the text that a shell reads.
      await command({ argv: ['sh', '-c', NOTE, 'sh', release, file] });
      log(`Noted ${release} in ${file}.`);
    },
  }),
});

const NOTE = 'grep -qxF -- "$1" "$2" 2>/dev/null || printf "%s\\n" "$1" >>"$2"';
