import type { Interfaces } from '@oclif/core';
import { Command } from '@oclif/core/command';
import * as Errors from '@oclif/core/errors';
import * as Flags from '@oclif/core/flags';
import type { Redactor } from '../../core/config/redactor.ts';
import type { ActionsOutput } from './actions.ts';
import { writeOut } from './standardOutput.ts';

/** What a command gives back: the same result for machines and for people. */
export interface Answer {
  readonly json: unknown;
  readonly lines: readonly string[];
  readonly exitCode: number;
  /** Markdown for the summary of a CI step, free of secrets. */
  readonly summary?: () => string;
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

/**
 * stdout is the result, stderr is the story; one place turns errors into messages and exit codes.
 * Little is imported here: `--help` and a wrong flag answer at once.
 */
export abstract class CutoverCommand extends Command {
  static override baseFlags: Interfaces.FlagInput = commonFlags;

  #redactor: Promise<Redactor> | null = null;

  /** Everything printed passes through it. */
  protected redactor(): Promise<Redactor> {
    this.#redactor ??= import('../../core/config/redactor.ts').then(({ createRedactor }) => createRedactor());
    return this.#redactor;
  }

  protected async print(json: boolean, answer: Answer): Promise<void> {
    const { jsonText } = await import('../escape.ts');
    const text = json ? jsonText(answer.json, 2) : answer.lines.join('\n');
    if (text !== '') writeOut(`${(await this.redactor()).redact(text)}\n`);
    process.exitCode = answer.exitCode;
    if (answer.summary === undefined || !process.env.GITHUB_STEP_SUMMARY) return;
    const { addSummary } = await import('./actions.ts');
    await addSummary(answer.summary(), this.#actions());
  }

  protected override async catch(error: Error): Promise<void> {
    if (error instanceof Errors.ExitError) throw error;
    const { describeError } = await import('./describeError.ts');
    const json = this.argv.includes('--json');
    const { view, text, exitCode } = describeError(error, json, this.config.userAgent);
    const told = `${(await this.redactor()).redact(text)}\n`;
    if (json) writeOut(told);
    else process.stderr.write(told);
    process.exitCode = exitCode;
    if (!process.env.GITHUB_ACTIONS) return;
    const { tellError } = await import('./actions.ts');
    const redactor = await this.redactor();
    await tellError(view, redactor.redact, this.#actions());
  }

  #actions(): ActionsOutput {
    const isJson = this.argv.includes('--events');
    return { env: process.env, write: isJson ? null : (text) => void process.stderr.write(text) };
  }
}
