import { CutoverError, type Notice } from '../../core/contract/index.ts';
import { defineNotifier } from '../defineNotifier.ts';
import { leaveNoRecord } from '../notice/leaveNoRecord.ts';
import { headAndRest } from '../notice/lines.ts';
import { resolveText } from '../resolveText.ts';
import { createDeployment, findDeployment } from './deployment.ts';
import { Options } from './options.ts';
import { description, repositoryOf } from './repository.ts';

/**
 * Gives a deployment of the commit a status: https://docs.github.com/en/rest/deployments/statuses#create-a-deployment-status.
 * Every notice of a transaction finds the same deployment, also from another machine; the first makes it.
 */
export const notifier = defineNotifier(Options, async (options, notice, scope) => {
  const { revision } = notice;
  if (revision === null) {
    throw new CutoverError(
      'E_PLUGIN',
      'GitHub knows deployments of commits only, and this release is of none.',
      {
        hint: 'Deploy from a git repository, or leave this notifier out.',
      },
    );
  }
  const token = await resolveText(options.token, scope);
  if (notice.isTest) return leaveNoRecord('GitHub', scope);
  const repository = repositoryOf(options, token, scope);
  const id =
    (await findDeployment(repository, notice, revision)) ??
    (await createDeployment(repository, notice, revision, options.production));
  await repository.ask('POST', `deployments/${id}/statuses`, statusOf(notice, options));
});

const STATES: Readonly<Record<Notice['event'], string>> = {
  started: 'in_progress',
  committed: 'success',
  compensated: 'failure',
  stranded: 'error',
};

function statusOf(notice: Notice, { link, logLink }: Options): object {
  return {
    state: STATES[notice.event],
    description: description(headAndRest(notice).head),
    ...(link === undefined ? {} : { environment_url: link }),
    ...(logLink === undefined ? {} : { log_url: logLink }),
  };
}
