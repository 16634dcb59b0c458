import { expect, test } from 'vitest';
import { z } from 'zod';
import type { Notice } from '../../core/contract/index.ts';
import { testLeavesNoRecord } from '../testing/noRecord.ts';
import { HOSTILE, type Told, tell } from '../testing/tell.ts';
import { notifier } from './notifier.ts';

/** https://docs.github.com/en/rest/deployments/deployments#create-a-deployment */
const Deployment = z.strictObject({
  ref: z.string().min(1),
  task: z.string(),
  auto_merge: z.literal(false),
  required_contexts: z.tuple([]),
  payload: z.record(z.string(), z.unknown()),
  environment: z.string(),
  description: z.string().max(140),
  production_environment: z.boolean().optional(),
});

/** https://docs.github.com/en/rest/deployments/statuses#create-a-deployment-status */
const Status = z.strictObject({
  state: z.enum(['error', 'failure', 'inactive', 'in_progress', 'queued', 'pending', 'success']),
  description: z.string().max(140),
  environment_url: z.url().optional(),
  log_url: z.url().optional(),
});

const SHA = 'f1dad0009fbfa52b6c6adf42f971b08e2c1154f9';

/** What GitHub keeps, one for a test; it lists the newest first. */
function startGitHub() {
  const kept: (z.output<typeof Deployment> & { readonly id: number })[] = [
    { ...deploymentOf({ release: 'other', startedAt: 'other' }), id: 1 },
    { ...deploymentOf('text' as never), id: 2 },
  ];
  const statuses: { readonly id: number; readonly state: string }[] = [];
  const service = ({ method, path, body }: Told['received'][number]) => {
    const { pathname, searchParams } = new URL(path, 'http://github');
    const [, id] = /^\/repos\/acme\/shop\/deployments(?:\/(\d+)\/statuses)?$/.exec(pathname) ?? [];
    if (method === 'GET') {
      const wanted = ['sha', 'environment', 'task'].map((name) => searchParams.get(name));
      return {
        body: kept
          .filter((each) => wanted.join() === [each.ref, each.environment, each.task].join())
          .reverse(),
      };
    }
    if (id === undefined) {
      kept.push({ ...Deployment.parse(JSON.parse(body)), id: kept.length + 1 });
      return { status: 201, body: kept.at(-1)! };
    }
    statuses.push({ id: Number(id), state: Status.parse(JSON.parse(body)).state });
    return { status: 201, body: {} };
  };
  return { kept, statuses, service };
}

function deploymentOf(payload: Record<string, unknown>): z.output<typeof Deployment> {
  return {
    ref: SHA,
    task: 'deploy',
    auto_merge: false,
    required_contexts: [],
    payload,
    environment: 'production',
    description: '',
  };
}

const given = {
  options: (apiUrl: string) => ({
    token: { env: 'TOKEN' },
    repository: 'acme/shop',
    link: 'https://shop.example.com/',
    logLink: 'https://ci.example.com/runs/1',
    production: true,
    apiUrl,
  }),
  secrets: () => ({ TOKEN: 'ghp_s3cret' }),
};

test('the first notice makes a deployment, and all of one transaction give it their status', async () => {
  const gitHub = startGitHub();
  const notices: Partial<Notice>[] = [
    { event: 'started', at: '2026-11-21T19:38:11Z' },
    { event: 'committed' },
  ];
  for (const notice of notices) {
    const { failure, received } = await tell(notifier, { ...given, ...gitHub, notice });
    expect(failure).toBe(null);
    for (const { headers } of received)
      expect(headers).toMatchObject({
        accept: 'application/vnd.github+json',
        authorization: 'Bearer ghp_s3cret',
        'x-github-api-version': '2022-11-28',
        'user-agent': 'cutover',
      });
  }
  expect(gitHub.kept.slice(2)).toMatchObject([
    { ref: SHA, environment: 'production', task: 'deploy', production_environment: true },
  ]);
  expect(gitHub.statuses).toEqual([
    { id: 3, state: 'in_progress' },
    { id: 3, state: 'success' },
  ]);
});

test('another deployment of the same commit is another one', async () => {
  const gitHub = startGitHub();
  await tell(notifier, { ...given, ...gitHub, notice: { event: 'compensated' } });
  await tell(notifier, {
    ...given,
    ...gitHub,
    notice: { event: 'stranded', startedAt: '2026-11-22T08:00:00Z' },
  });
  await tell(notifier, { ...given, ...gitHub, notice: { kind: 'rollback' } });
  expect(gitHub.statuses).toEqual([
    { id: 3, state: 'failure' },
    { id: 4, state: 'error' },
    { id: 5, state: 'success' },
  ]);
});

test('a description is as long as GitHub takes it, and calls nobody', async () => {
  const { received, failure } = await tell(notifier, {
    ...given,
    ...startGitHub(),
    notice: { text: HOSTILE.repeat(3), by: `@${'x'.repeat(300)}` },
  });
  expect(failure).toBe(null);
  expect(JSON.parse(received.at(-1)!.body).description).not.toMatch(/@\w/);
});

test('a release that is of no commit is told', async () => {
  const { received, failure } = await tell(notifier, { ...given, notice: { revision: null } });
  expect(received).toEqual([]);
  expect(failure).toMatchObject({ code: 'E_PLUGIN', hint: expect.stringContaining('git repository') });
});

test.each([
  [401, { message: 'Bad credentials' }, 'it answered 401: it does not accept the token (Bad credentials)'],
  [
    404,
    { message: 'Not Found' },
    'it answered 404: there is no such repository, or the token may not see it (Not Found)',
  ],
  [200, { some: 'thing' }, 'its answer is not that of GitHub'],
])('an answer of %i %j is a problem', async (status, body, why) => {
  const { failure, origin } = await tell(notifier, { ...given, service: () => ({ status, body }) });
  expect(failure?.message).toBe(`GitHub at ${origin} did not take the notice: ${why}.`);
});

testLeavesNoRecord(notifier, given);
