import type { Notice } from '../../core/contract/index.ts';
import { defineNotifier } from '../defineNotifier.ts';
import { call } from '../http/call.ts';
import { leaveNoRecord } from '../notice/leaveNoRecord.ts';
import { versionOf } from '../notice/version.ts';
import { resolveText } from '../resolveText.ts';
import { Options } from './options.ts';

/**
 * Makes a release and a deploy of it, once it is live; Sentry knows none that failed. A release that is there already stays as it is
 * (208). https://docs.sentry.io/api/releases/create-a-new-release-for-an-organization/, https://docs.sentry.io/api/releases/create-a-deploy/
 */
export const notifier = defineNotifier(Options, async (options, notice, scope) => {
  if (notice.event !== 'committed') return;
  const { apiUrl, organization } = options;
  const token = await resolveText(options.token, scope);
  if (notice.isTest) return leaveNoRecord('Sentry', scope);
  const version = options.prefix + versionOf(notice, options.version);
  const headers = {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
  };
  const releases = `${apiUrl}/api/0/organizations/${organization}/releases/`;
  const deploys = `${releases}${encodeURIComponent(version)}/deploys/`;
  const request = { ...options, who: 'Sentry', headers, meanings: MEANINGS };
  await call({ ...request, url: releases, body: releaseOf(notice, version, options) }, scope);
  await call({ ...request, url: deploys, body: deployOf(notice, options) }, scope);
});

const MEANINGS = {
  401: 'it does not accept the token',
  403: 'the token lacks the right `project:releases`, or the organization or a project is another one',
  404: 'there is no such organization',
};

function releaseOf(notice: Notice, version: string, { projects, repository, link }: Options): object {
  const { revision, previousRevision } = notice;
  const refs = [
    {
      repository,
      commit: revision,
      ...(previousRevision === null ? {} : { previousCommit: previousRevision }),
    },
  ];
  return {
    version,
    projects,
    ...(revision === null ? {} : { ref: revision }),
    ...(revision === null || repository === undefined ? {} : { refs }),
    ...(link === undefined ? {} : { url: link }),
    dateReleased: notice.at,
  };
}

function deployOf(notice: Notice, { projects, link }: Options): object {
  return {
    environment: notice.environment,
    name: notice.release,
    projects,
    ...(link === undefined ? {} : { url: link }),
    dateStarted: notice.startedAt,
    dateFinished: notice.at,
  };
}
