import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { type Answer, CutoverCommand, commonFlags } from './baseCommand.ts';
import type { Session } from './session.ts';

/** oclif reads only what a command itself has, so each one names these. */
export const environmentArgs = {
  environment: Args.string({ required: true, description: 'The environment of the configuration.' }),
};

const sessionFlags = {
  ...commonFlags,
  events: Flags.boolean({
    helpGroup: 'COMMON',
    default: false,
    description: 'Tell what happens as JSON lines on stderr.',
  }),
};

const environmentFlags = {
  ...sessionFlags,
  server: Flags.string({
    helpGroup: 'COMMON',
    helpValue: 'NAME',
    multiple: true,
    multipleNonGreedy: true,
    description: 'Only this server; may be given several times.',
  }),
};

export interface SessionFlags {
  readonly config: string | undefined;
  readonly json: boolean;
  readonly events: boolean;
}

/** A command that reads the configuration. What it works with is loaded once its flags were understood. */
export abstract class SessionCommand extends CutoverCommand {
  static override baseFlags = sessionFlags;

  protected async answer(flags: SessionFlags, work: (session: Session) => Promise<Answer>): Promise<void> {
    const { inSession } = await import('./session.ts');
    const redactor = await this.redactor();
    const options = { oclif: this.config, redactor, file: flags.config ?? null, events: flags.events };
    await this.print(flags.json, await inSession(options, work));
  }
}

/** A command about the servers of one environment, or those chosen of them. */
export abstract class EnvironmentCommand extends SessionCommand {
  static override baseFlags = environmentFlags;
}
