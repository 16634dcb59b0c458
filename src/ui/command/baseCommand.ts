import type { Interfaces } from '@oclif/core';
import { Command } from '@oclif/core/command';
import * as Errors from '@oclif/core/errors';
import * as Flags from '@oclif/core/flags';
import { createRedactor, type Redactor } from '../../core/config/redactor.ts';
import type { Config } from '../../core/config/types.ts';
import { errorCode, messageOf } from '../../core/contract/index.ts';
import type { Runtime } from '../../core/operations/runtime.ts';
import { systemClock } from '../clock.ts';
import { jsonText } from '../escape.ts';
import { jsonEventsReporter } from '../reporters/jsonEvents.ts';
import { redactedReporter } from '../reporters/redacted.ts';
import { type Reporter, storyReporter } from '../reporters/reporter.ts';
import { type ErrorView, renderError } from '../results/error.ts';
import { createStyle, type Style } from '../style.ts';
import { openTerminal, type Terminal } from '../terminal.ts';
import { exitCodeOf } from './exitCodes.ts';
import { loadExtensions } from './plugins.ts';
import { createRuntime } from './runtime.ts';
import { cancelOnSignals } from './signals.ts';

/** What a command gives back: the same result for machines and for people. */
export interface Answer {
  readonly json: unknown;
  readonly lines: readonly string[];
  readonly exitCode: number;
}

export interface Session {
  readonly runtime: Runtime;
  readonly config: Config;
  readonly style: Style;
  /** Ends the story, so that a question can be asked. */
  readonly pauseStory: () => void;
}

export interface CommonFlags {
  readonly config: string | undefined;
  readonly server: string[] | undefined;
  readonly json: boolean;
  readonly events: boolean;
  readonly yes: boolean;
}

const commonFlags = {
  config: Flags.string({
    helpGroup: 'COMMON',
    helpValue: 'FILE',
    description: 'The configuration. Default: cutover.yaml or cutover.config.ts, upwards from here.',
  }),
  server: Flags.string({
    helpGroup: 'COMMON',
    helpValue: 'NAME',
    multiple: true,
    description: 'Only this server; may be given several times.',
  }),
  json: Flags.boolean({ helpGroup: 'COMMON', default: false, description: 'Print the result as JSON.' }),
  events: Flags.boolean({
    helpGroup: 'COMMON',
    default: false,
    description: 'Tell what happens as JSON lines on stderr.',
  }),
  yes: Flags.boolean({ helpGroup: 'COMMON', default: false, description: 'Answer every question with yes.' }),
} satisfies Interfaces.FlagInput;

/** stdout is the result, stderr is the story; one place turns errors into messages and exit codes. */
export abstract class CutoverCommand extends Command {
  static override baseFlags = commonFlags;

  /** Everything printed passes through it. */
  readonly #redactor: Redactor = createRedactor();

  protected async answer(flags: CommonFlags, work: (session: Session) => Promise<Answer>): Promise<void> {
    const stdout = openTerminal(process.stdout, process.env);
    const stderr = openTerminal(process.stderr, process.env);
    const reporter = this.#reporter(flags, stderr);
    using stopping = cancelOnSignals(
      (message) => reporter.event({ type: 'log', server: null, message, at: new Date().toISOString() }),
      () => this.#endNow(reporter),
    );
    try {
      const extensions = await loadExtensions(this.config);
      const runtime = createRuntime({
        extensions,
        redactor: this.#redactor,
        cancel: stopping.signal,
        emit: (event) => reporter.event(event),
      });
      const config = await this.#loadConfig(flags, runtime);
      const style = createStyle(stdout.color);
      const answer = await work({ runtime, config, style, pauseStory: () => reporter.end() });
      reporter.end();
      this.print(flags, answer);
    } finally {
      reporter.end();
    }
  }

  protected print(flags: Pick<CommonFlags, 'json'>, answer: Answer): void {
    const text = flags.json ? jsonText(answer.json, 2) : answer.lines.join('\n');
    if (text !== '') process.stdout.write(`${this.#redactor.redact(text)}\n`);
    process.exitCode = answer.exitCode;
  }

  async #loadConfig(flags: CommonFlags, runtime: Runtime): Promise<Config> {
    const { findConfigFile } = await import('../../core/config/findConfigFile.ts');
    const { loadConfig } = await import('../../core/config/loadConfig.ts');
    const file = await findConfigFile(process.cwd(), flags.config ?? null);
    return loadConfig(file, { extensions: runtime.extensions });
  }

  #reporter(flags: CommonFlags, stderr: Terminal): Reporter {
    const reporter = flags.events ? jsonEventsReporter(stderr.write) : storyReporter(stderr, systemClock);
    return redactedReporter(reporter, this.#redactor.redact);
  }

  #endNow(reporter: Reporter): void {
    reporter.end();
    process.stderr.write('Stopped at once. Look at "cutover status"; what was begun is still open.\n');
    process.exit(130);
  }

  protected override async catch(error: Error): Promise<void> {
    if (error instanceof Errors.ExitError) throw error;
    const view = viewOf(error, this.config.userAgent);
    const text = this.argv.includes('--json')
      ? `${jsonText({ error: view }, 2)}\n`
      : `${renderError(view, createStyle(openTerminal(process.stderr, process.env).color)).join('\n')}\n`;
    (this.argv.includes('--json') ? process.stdout : process.stderr).write(this.#redactor.redact(text));
    process.exitCode = isUsage(error) ? 2 : exitCodeOf(errorCode(error));
  }
}

function viewOf(error: Error, versions: string): ErrorView {
  if (isUsage(error))
    return {
      code: 'E_USAGE',
      message: usageMessage(error),
      hint: 'Add --help to see what there is.',
    };
  const code = errorCode(error);
  if (code === null || code === 'E_BUG') {
    return {
      code: 'E_BUG',
      message: `This is a bug in cutover. ${error.stack ?? messageOf(error)}\n${versions}`,
      hint: 'Please report it with the lines above.',
    };
  }
  const hint = (error as { readonly hint?: string }).hint;
  return { code, message: messageOf(error), hint: hint ?? null };
}

/** Without what oclif adds on how it reads flags. */
function usageMessage(error: Error): string {
  return error.message.replace(/\nSee more help with --help$/, '').replace(/\n+Note: [\s\S]*$/, '');
}

function isUsage(error: Error): boolean {
  return error instanceof Errors.CLIError;
}
