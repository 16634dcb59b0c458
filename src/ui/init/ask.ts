import { cancel, group, intro, select, text } from '@clack/prompts';
import { STARTER_PRESETS } from '../../core/config/starterPresets.ts';
import { CutoverError } from '../../core/contract/index.ts';
import type { InitFlags, Suggestions } from './collectAnswers.ts';

/** Asks for what the flags left open. Throws `E_INTERRUPTED` when it is given up. */
export async function askForAnswers(flags: InitFlags, suggested: Suggestions): Promise<InitFlags> {
  intro('A first configuration for cutover');
  const open = <T>(known: string | undefined, question: () => Promise<T>) =>
    known === undefined ? question() : Promise.resolve(known);
  const required = (value: string | undefined) => (value?.trim() ? undefined : 'This is needed.');
  const answers = await group(
    {
      application: () =>
        open(flags.application, () =>
          text({
            message: 'Name of the application',
            initialValue: suggested.application,
            validate: required,
          }),
        ),
      environment: () =>
        open(flags.environment, () =>
          text({ message: 'Environment', initialValue: suggested.environment, validate: required }),
        ),
      transport: () =>
        open(flags.transport, () =>
          select({
            message: 'Where does it run?',
            options: [
              { value: 'ssh2', label: 'A server reached by SSH' },
              { value: 'local', label: 'A directory of this machine' },
            ],
          }),
        ),
      host: ({ results }) =>
        results.transport === 'local'
          ? Promise.resolve(undefined)
          : open(flags.host, () =>
              text({ message: 'Host, or its alias in your ssh_config', validate: required }),
            ),
      user: ({ results }) =>
        results.transport === 'local'
          ? Promise.resolve(undefined)
          : open(flags.user, () =>
              text({ message: 'User', placeholder: 'what your ssh_config says', defaultValue: '' }),
            ),
      path: () =>
        open(flags.path, () =>
          text({ message: 'Deploy path on the server', placeholder: '/srv/app', validate: pathProblem }),
        ),
      preset: () =>
        open(flags.preset, () =>
          select({
            message: 'What kind of application is it?',
            options: Object.entries(STARTER_PRESETS).map(([value, { label }]) => ({ value, label })),
          }),
        ),
    },
    {
      onCancel: () => {
        cancel('Nothing was written.');
        throw new CutoverError('E_INTERRUPTED', 'Given up; nothing was written.');
      },
    },
  );
  const given = (value: unknown): string | undefined =>
    typeof value === 'string' && value !== '' ? value : undefined;
  return {
    ...flags,
    application: given(answers.application),
    environment: given(answers.environment),
    transport: given(answers.transport),
    host: given(answers.host),
    user: given(answers.user),
    path: given(answers.path),
    preset: given(answers.preset),
  };
}

function pathProblem(value: string | undefined): string | undefined {
  return /^(\/|~\/)./.test(value ?? '') ? undefined : 'It starts with / or ~/.';
}
