import type { Config as OclifConfig } from '@oclif/core';
import type { ExtensionLookup } from '../../core/config/extensions.ts';
import type { Redactor } from '../../core/config/redactor.ts';
import type { Config } from '../../core/config/types.ts';
import type { Runtime } from '../../core/operations/runtime.ts';
import { listIn } from '../../core/registry/allowed.ts';
import { systemClock } from '../clock.ts';
import { jsonEventsReporter } from '../reporters/jsonEvents.ts';
import { redactedReporter } from '../reporters/redacted.ts';
import { type Reporter, storyReporter } from '../reporters/reporter.ts';
import { type ServerLogs, serverLogs } from '../reporters/serverLogs.ts';
import { together } from '../reporters/together.ts';
import { createStyle, type Style } from '../style.ts';
import { drained, openTerminal } from '../terminal.ts';
import { loadExtensions, type PluginSources } from './plugins.ts';
import { createRuntime, stateDirectory } from './runtime.ts';
import { cancelOnSignals } from './signals.ts';
import { beginWork, isTransactionOpen, noteEvent } from './unfinished.ts';

/** What a command about an environment works with. */
export interface Session {
  readonly runtime: Runtime;
  readonly config: Config;
  readonly style: Style;
  readonly logs: ServerLogs;
  readonly redact: (text: string) => string;
  /** What failed in plugins where nobody waited for it, so far. */
  readonly strays: () => readonly string[];
  /** Ends the story, so that a question can be asked. */
  readonly pauseStory: () => void;
}

export interface SessionOptions {
  readonly oclif: OclifConfig;
  readonly redactor: Redactor;
  /** `--config` */
  readonly file: string | null;
  /** `--events` */
  readonly events: boolean;
}

/** Loads the configuration, tells the story and minds the signals while the work is done. */
export async function inSession<T>(
  options: SessionOptions,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const { reporter, logs } = openReporters(options);
  beginWork({ redact: options.redactor.redact, endStory: () => reporter.end() });
  using stopping = cancelOnSignals(
    () => tellStopping(reporter),
    () => endNow(reporter),
  );
  try {
    const strays: string[] = [];
    const { config, extensions } = await loadConfiguration(options, {
      tellStray(message, error) {
        strays.push(message);
        const of = { server: null, at: new Date().toISOString() };
        reporter.event({ type: 'problem', message, ...of });
        const stack = error instanceof Error ? error.stack : undefined;
        if (stack !== undefined) reporter.event({ type: 'fault', stack, ...of });
      },
      tellLine: (message) =>
        reporter.event({ type: 'log', server: null, message, at: new Date().toISOString() }),
    });
    const runtime = createRuntime({
      extensions,
      redactor: options.redactor,
      cancel: stopping.signal,
      emit(event) {
        noteEvent(event);
        reporter.event(event);
      },
      catchUp: () => drained(process.stderr),
    });
    const style = createStyle(openTerminal(process.stdout, process.env).color);
    const { redact } = options.redactor;
    return await work({
      runtime,
      config,
      style,
      logs,
      redact,
      strays: () => strays,
      pauseStory: () => reporter.end(),
    });
  } finally {
    reporter.end();
  }
}

/** The story, and a log of each server. */
function openReporters({ events, redactor }: SessionOptions) {
  const stderr = openTerminal(process.stderr, process.env);
  const story = events ? jsonEventsReporter(stderr.write) : storyReporter(stderr, systemClock, process.env);
  const logs = serverLogs({
    stateDirectory: stateDirectory(process.env),
    clock: systemClock,
    tellProblem: (message) =>
      story.event({ type: 'problem', server: null, message, at: new Date().toISOString() }),
  });
  return { reporter: redactedReporter(together([logs, story]), redactor.redact), logs };
}

/** Which plugins are loaded is for the configuration to say, so it is read before they are, and checked after. */
async function loadConfiguration(
  { oclif, file }: SessionOptions,
  telling: Pick<PluginSources, 'tellStray' | 'tellLine'>,
): Promise<{ readonly config: Config; readonly extensions: ExtensionLookup }> {
  const { findConfigFile } = await import('../../core/config/findConfigFile.ts');
  const { loadConfigWith } = await import('../../core/config/loadConfig.ts');
  return loadConfigWith(await findConfigFile(process.cwd(), file), (raw) =>
    loadExtensions({ oclif, list: listIn(raw), ...telling }),
  );
}

/** Most of what can be stopped has begun nothing that would be finished. */
function tellStopping(reporter: Reporter): void {
  const what = isTransactionOpen() ? ': finishing or taking back what was begun' : '';
  const message = `Asked to stop${what}. Once more stops at once.`;
  reporter.event({ type: 'log', server: null, message, at: new Date().toISOString() });
}

function endNow(reporter: Reporter): void {
  reporter.end();
  const next = isTransactionOpen()
    ? 'What was begun may still be open: "cutover resume" ends it, "cutover resume --abort" takes it back.'
    : '"cutover status" tells whether a lock is held still.';
  process.stderr.write(`Stopped at once. ${next}\n`);
  process.exit(130);
}
