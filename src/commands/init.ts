import * as Flags from '@oclif/core/flags';
import { CutoverCommand, commonFlags } from '../ui/command/baseCommand.ts';

export default class Init extends CutoverCommand {
  static override summary = 'Write a first configuration, asking on a terminal or from flags.';
  static override examples = [
    '<%= config.bin %> init',
    '<%= config.bin %> init --host web1.example.com --user deploy --path /srv/shop',
    '<%= config.bin %> init --transport local --path /srv/shop',
  ];
  static override baseFlags = commonFlags;
  static override flags = {
    application: Flags.string({ helpValue: 'NAME', description: 'Default: the name of this directory.' }),
    environment: Flags.string({ helpValue: 'NAME', description: 'Default: production.' }),
    source: Flags.string({
      options: ['git', 'directory'],
      description: 'What is deployed: a commit, or a directory as it is. Default: git in a repository.',
    }),
    directory: Flags.string({
      helpValue: 'DIR',
      description: 'The directory, or the part of the repository, that is deployed.',
    }),
    branch: Flags.string({
      helpValue: 'NAME',
      description: 'The branch that is deployed. Default: what is checked out.',
    }),
    transport: Flags.string({
      helpValue: 'NAME',
      description: 'How the server is reached. Default: ssh2; "local" is a directory of this machine.',
    }),
    host: Flags.string({ helpValue: 'HOST', description: 'The server, or its alias in your ssh_config.' }),
    user: Flags.string({
      helpValue: 'USER',
      description: 'Who logs in there. Default: what your ssh_config says.',
    }),
    path: Flags.string({
      helpValue: 'PATH',
      description: 'The deploy path on the server, absolute or starting with ~/.',
    }),
    preset: Flags.string({
      helpValue: 'NAME',
      description:
        'Shared paths and commands that fit: plain (the default), node, laravel, symfony, rails or django.',
    }),
    force: Flags.boolean({ default: false, description: 'Replace a cutover.yaml that exists.' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Init);
    const { requireFree, writeStarter } = await import('../ui/init/writeStarter.ts');
    const { collectAnswers } = await import('../ui/init/collectAnswers.ts');
    const wanted = flags.config ?? 'cutover.yaml';
    if (!flags.force) requireFree(process.cwd(), wanted);
    const answers = await collectAnswers(
      flags,
      process.cwd(),
      process.stdin.isTTY === true && process.stderr.isTTY === true && !flags.yes,
    );
    const file = await writeStarter(process.cwd(), wanted, answers, flags.force);
    await this.print(flags.json, {
      json: { file, application: answers.application, environment: answers.environment },
      lines: [
        `✓ Wrote ${file}.`,
        `  Next: cutover check ${answers.environment}, then cutover plan ${answers.environment}`,
      ],
      exitCode: 0,
    });
  }
}
