import type { Interfaces } from '@oclif/core';
import { Command } from '@oclif/core/command';
import * as Errors from '@oclif/core/errors';
import * as Flags from '@oclif/core/flags';
import { createRedactor, type Redactor } from '../../core/config/redactor.ts';
import { errorCode } from '../../core/contract/index.ts';
import { jsonText } from '../escape.ts';
import { renderError } from '../results/error.ts';
import { createStyle } from '../style.ts';
import { openTerminal } from '../terminal.ts';
import { isUsage, viewOf } from './errorView.ts';
import { exitCodeOf } from './exitCodes.ts';

/** What a command gives back: the same result for machines and for people. */
export interface Answer {
  readonly json: unknown;
  readonly lines: readonly string[];
  readonly exitCode: number;
}

/** What every command understands. */
export const commonFlags = {
  config: Flags.string({
    helpGroup: 'COMMON',
    helpValue: 'FILE',
    description: 'The configuration. Default: cutover.yaml or cutover.config.ts, upwards from here.',
  }),
  json: Flags.boolean({ helpGroup: 'COMMON', default: false, description: 'Print the result as JSON.' }),
  yes: Flags.boolean({ helpGroup: 'COMMON', default: false, description: 'Answer every question with yes.' }),
} satisfies Interfaces.FlagInput;

/** stdout is the result, stderr is the story; one place turns errors into messages and exit codes. */
export abstract class CutoverCommand extends Command {
  static override baseFlags: Interfaces.FlagInput = commonFlags;

  /** Everything printed passes through it. */
  protected readonly redactor: Redactor = createRedactor();

  protected print(json: boolean, answer: Answer): void {
    const text = json ? jsonText(answer.json, 2) : answer.lines.join('\n');
    if (text !== '') process.stdout.write(`${this.redactor.redact(text)}\n`);
    process.exitCode = answer.exitCode;
  }

  protected override async catch(error: Error): Promise<void> {
    if (error instanceof Errors.ExitError) throw error;
    const view = viewOf(error, this.config.userAgent);
    const json = this.argv.includes('--json');
    const style = createStyle(openTerminal(process.stderr, process.env).color);
    const text = json ? jsonText({ error: view }, 2) : renderError(view, style).join('\n');
    (json ? process.stdout : process.stderr).write(`${this.redactor.redact(text)}\n`);
    process.exitCode = isUsage(error) ? 2 : exitCodeOf(errorCode(error));
  }
}
