import { expect, test } from 'vitest';
import { z } from 'zod';
import { testLeavesNoRecord } from '../testing/noRecord.ts';
import { tell } from '../testing/tell.ts';
import { notifier } from './notifier.ts';

/** https://docs.sentry.io/api/releases/create-a-new-release-for-an-organization/ */
const Release = z.strictObject({
  version: z
    .string()
    .min(1)
    .max(200)
    .regex(/^[^\s/\\]+$/),
  projects: z.array(z.string()).min(1),
  ref: z.string().max(250).optional(),
  refs: z
    .array(
      z.strictObject({ repository: z.string(), commit: z.string(), previousCommit: z.string().optional() }),
    )
    .optional(),
  url: z.url().optional(),
  dateReleased: z.iso.datetime(),
});

/** https://docs.sentry.io/api/releases/create-a-deploy/ */
const Deploy = z.strictObject({
  environment: z.string().min(1).max(64),
  name: z.string().max(64),
  projects: z.array(z.string()).min(1),
  url: z.url().optional(),
  dateStarted: z.iso.datetime(),
  dateFinished: z.iso.datetime(),
});

const given = {
  options: (apiUrl: string) => ({
    token: { env: 'TOKEN' },
    organization: 'acme',
    projects: ['web'],
    prefix: 'shop@',
    repository: 'acme/shop',
    apiUrl,
  }),
  secrets: () => ({ TOKEN: 'sntrys_s3cret' }),
  service: () => ({ status: 201, body: {} }),
};

test('a release that is live is a release and a deploy of Sentry', async () => {
  const { received, failure } = await tell(notifier, {
    ...given,
    notice: { previousRevision: 'a'.repeat(40) },
  });
  expect(failure).toBe(null);
  const headers = { authorization: 'Bearer sntrys_s3cret', 'content-type': 'application/json' };
  expect(received).toMatchObject([
    { method: 'POST', path: '/api/0/organizations/acme/releases/', headers },
    { method: 'POST', path: '/api/0/organizations/acme/releases/shop%4020261121193811/deploys/', headers },
  ]);
  expect(Release.parse(JSON.parse(received[0]!.body))).toMatchObject({
    version: 'shop@20261121193811',
    projects: ['web'],
    ref: 'f1dad0009fbfa52b6c6adf42f971b08e2c1154f9',
    refs: [
      {
        repository: 'acme/shop',
        commit: 'f1dad0009fbfa52b6c6adf42f971b08e2c1154f9',
        previousCommit: 'a'.repeat(40),
      },
    ],
  });
  expect(Deploy.parse(JSON.parse(received[1]!.body))).toMatchObject({
    environment: 'production',
    dateStarted: '2026-11-21T19:38:11Z',
    dateFinished: '2026-11-21T19:38:14Z',
  });
});

test('a release of a directory names no commit', async () => {
  const { received } = await tell(notifier, { ...given, notice: { revision: null } });
  expect(Release.parse(JSON.parse(received[0]!.body))).not.toHaveProperty('refs');
});

test('a release that is there already is deployed all the same', async () => {
  const { received, failure } = await tell(notifier, {
    ...given,
    service: () => ({ status: 208, body: {} }),
  });
  expect({ failure, requests: received.length }).toEqual({ failure: null, requests: 2 });
});

test.each(['started', 'compensated', 'stranded'] as const)(
  'of what is %s Sentry is told nothing',
  async (event) => {
    expect((await tell(notifier, { ...given, notice: { event } })).received).toEqual([]);
  },
);

test('what Sentry refuses is a problem, in its words', async () => {
  const { failure, origin, received } = await tell(notifier, {
    ...given,
    service: () => ({ status: 401, body: { detail: { message: 'Token expired', code: 'token-expired' } } }),
  });
  expect(received).toHaveLength(1);
  expect(failure?.message).toBe(
    `Sentry at ${origin} did not take the notice: it answered 401: it does not accept the token (Token expired).`,
  );
});

testLeavesNoRecord(notifier, given);
