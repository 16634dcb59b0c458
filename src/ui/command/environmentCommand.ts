import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import type { Config } from '../../core/config/types.ts';
import type { Runtime } from '../../core/operations/runtime.ts';
import { systemClock } from '../clock.ts';
import { jsonEventsReporter } from '../reporters/jsonEvents.ts';
import { redactedReporter } from '../reporters/redacted.ts';
import { type Reporter, storyReporter } from '../reporters/reporter.ts';
import { createStyle, type Style } from '../style.ts';
import { openTerminal } from '../terminal.ts';
import { type Answer, CutoverCommand, commonFlags } from './baseCommand.ts';
import { loadExtensions } from './plugins.ts';
import { createRuntime } from './runtime.ts';
import { cancelOnSignals } from './signals.ts';

/** What a command about an environment works with. */
export interface Session {
  readonly runtime: Runtime;
  readonly config: Config;
  readonly style: Style;
  /** Ends the story, so that a question can be asked. */
  readonly pauseStory: () => void;
}

export interface SessionFlags {
  readonly config: string | undefined;
  readonly json: boolean;
  readonly events: boolean;
}

/** oclif reads only what a command itself has, so each one names these. */
export const environmentArgs = {
  environment: Args.string({ required: true, description: 'The environment of the configuration.' }),
};

const environmentFlags = {
  ...commonFlags,
  server: Flags.string({
    helpGroup: 'COMMON',
    helpValue: 'NAME',
    multiple: true,
    multipleNonGreedy: true,
    description: 'Only this server; may be given several times.',
  }),
  events: Flags.boolean({
    helpGroup: 'COMMON',
    default: false,
    description: 'Tell what happens as JSON lines on stderr.',
  }),
};

/** A command about one environment: it loads the configuration, tells the story and minds the signals. */
export abstract class EnvironmentCommand extends CutoverCommand {
  static override baseFlags = environmentFlags;

  protected async answer(flags: SessionFlags, work: (session: Session) => Promise<Answer>): Promise<void> {
    const reporter = this.#openStory(flags.events);
    using stopping = cancelOnSignals(
      (message) => reporter.event({ type: 'log', server: null, message, at: new Date().toISOString() }),
      () => endNow(reporter),
    );
    try {
      const runtime = createRuntime({
        extensions: await loadExtensions(this.config),
        redactor: this.redactor,
        cancel: stopping.signal,
        emit: (event) => reporter.event(event),
      });
      const config = await loadConfiguration(flags.config ?? null, runtime);
      const style = createStyle(openTerminal(process.stdout, process.env).color);
      const answer = await work({ runtime, config, style, pauseStory: () => reporter.end() });
      reporter.end();
      this.print(flags.json, answer);
    } finally {
      reporter.end();
    }
  }

  #openStory(asEvents: boolean): Reporter {
    const stderr = openTerminal(process.stderr, process.env);
    const reporter = asEvents ? jsonEventsReporter(stderr.write) : storyReporter(stderr, systemClock);
    return redactedReporter(reporter, this.redactor.redact);
  }
}

async function loadConfiguration(file: string | null, runtime: Runtime): Promise<Config> {
  const { findConfigFile } = await import('../../core/config/findConfigFile.ts');
  const { loadConfig } = await import('../../core/config/loadConfig.ts');
  return loadConfig(await findConfigFile(process.cwd(), file), { extensions: runtime.extensions });
}

function endNow(reporter: Reporter): void {
  reporter.end();
  process.stderr.write('Stopped at once. Look at "cutover status"; what was begun is still open.\n');
  process.exit(130);
}
