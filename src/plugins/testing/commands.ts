import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { CutoverError, type HookCommand, type HookContext } from '../../core/contract/index.ts';

/** Runs what a hook runs on its server on this machine, in one directory for all. `asked` remembers what that was. */
export function localCommands(
  directory: string,
  variables: Readonly<Record<string, string>> = {},
): {
  readonly command: NonNullable<HookContext['command']>;
  readonly asked: HookCommand[];
  readonly said: string[];
} {
  const asked: HookCommand[] = [];
  const said: string[] = [];
  return {
    asked,
    said,
    command: async (question) => {
      asked.push(question);
      const [file = '', ...args] = question.argv;
      const child = spawn('sh', ['-c', 'exec "$@" 2>&1', 'sh', file, ...args], {
        cwd: directory,
        env: { ...process.env, ...variables, ...question.variables },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
      const output = await text(child.stdout);
      said.push(output);
      const status = await ended;
      if (status !== 0) throw new CutoverError('E_COMMAND', `It ended with status ${status}: ${output}`);
      return output;
    },
  };
}
