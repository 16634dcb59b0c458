import { expect, test } from 'vitest';
import { z } from 'zod';
import { testLeavesNoRecord } from '../testing/noRecord.ts';
import { HOSTILE, tell } from '../testing/tell.ts';
import { notifier } from './notifier.ts';

const attribute = z.string().max(4096);
const deployment = z.strictObject({
  version: z.string().min(1),
  changelog: z.string().optional(),
  commit: z.string().optional(),
  deepLink: z.url().optional(),
});

/**
 * https://docs.newrelic.com/docs/change-tracking/config/nerdgraph/: the arguments of `changeTrackingCreateEvent`. The category
 * Deployment needs `categoryFields.deployment.version`, and the two kinds are standard ones, which need no validation flags.
 */
const ChangeEvent = z.strictObject({
  categoryAndTypeData: z.union([
    z.strictObject({
      categoryFields: z.strictObject({ deployment }),
      kind: z.strictObject({ category: z.literal('Deployment'), type: z.literal('Basic') }),
    }),
    z.strictObject({
      kind: z.strictObject({ category: z.literal('Operational'), type: z.literal('Other') }),
    }),
  ]),
  user: z.string(),
  shortDescription: attribute,
  description: attribute,
  groupId: z.string(),
  timestamp: z.int(),
  customAttributes: z.record(
    z.string().refine((name) => !RESTRICTED.includes(name)),
    attribute,
  ),
  entitySearch: z.strictObject({ query: z.string().regex(/^id = '[^']+'$/) }),
});

/** Those of the documented list that a deployment could be tempted to use. */
const RESTRICTED = [
  'category',
  'description',
  'groupId',
  'hostname',
  'timestamp',
  'type',
  'user',
  'log',
  'appID',
];

const taken = {
  data: { changeTrackingCreateEvent: { changeTrackingEvent: { changeTrackingId: 'x' }, messages: null } },
};
const given = {
  options: (apiUrl: string) => ({
    key: { env: 'KEY' },
    entity: 'MTIzNDU2fEFQTXxBUFBMSUNBVElPTnw3ODk=',
    version: 'revision',
    link: 'https://ci.example.com/runs/1',
    apiUrl,
  }),
  secrets: () => ({ KEY: 'NRAK-s3cret' }),
  service: () => ({ body: taken }),
};

/** The argument of the mutation. GraphQL writes names of members without quotes, and strings as JSON does. */
function eventIn(body: string): z.output<typeof ChangeEvent> {
  const { query } = z.strictObject({ query: z.string() }).parse(JSON.parse(body));
  const form =
    /^mutation \{ changeTrackingCreateEvent\(changeTrackingEvent: (.*)\) \{ changeTrackingEvent \{ changeTrackingId \} messages \} \}$/s;
  const [, argument = ''] = form.exec(query) ?? [];
  const json = argument.replaceAll(/"(?:[^"\\]|\\.)*"|[A-Za-z]\w*(?=:)/g, (token) =>
    token.startsWith('"') ? token : `"${token}"`,
  );
  return ChangeEvent.parse(JSON.parse(json));
}

test('a release that is live is recorded as a deployment', async () => {
  const { received, failure } = await tell(notifier, given);
  expect(failure).toBe(null);
  expect(received).toMatchObject([
    {
      method: 'POST',
      path: '/graphql',
      headers: { 'api-key': 'NRAK-s3cret', 'content-type': 'application/json' },
    },
  ]);
  expect(eventIn(received[0]!.body)).toMatchObject({
    categoryAndTypeData: {
      categoryFields: {
        deployment: {
          version: 'f1dad0009fbfa52b6c6adf42f971b08e2c1154f9',
          commit: 'f1dad0009fbfa52b6c6adf42f971b08e2c1154f9',
          deepLink: 'https://ci.example.com/runs/1',
        },
      },
    },
    timestamp: Date.parse('2026-11-21T19:38:14Z'),
    customAttributes: {
      application: 'shop',
      environment: 'production',
      outcome: 'committed',
      message: 'Fix “it”',
    },
    entitySearch: { query: "id = 'MTIzNDU2fEFQTXxBUFBMSUNBVElPTnw3ODk='" },
  });
});

test('one that was taken back is no deployment, but of the same group', async () => {
  const { received: first } = await tell(notifier, given);
  const { received } = await tell(notifier, {
    ...given,
    notice: { event: 'compensated', failure: 'It broke.' },
  });
  const event = eventIn(received[0]!.body);
  expect(event.categoryAndTypeData.kind).toEqual({ category: 'Operational', type: 'Other' });
  expect(event.customAttributes).toMatchObject({ outcome: 'compensated', failure: 'It broke.' });
  expect(event.groupId).toBe(eventIn(first[0]!.body).groupId);
});

test('what a commit says stays within its string', async () => {
  const message = `${HOSTILE} "}) { x } # ${'y'.repeat(9000)}`;
  const { received } = await tell(notifier, { ...given, notice: { message, text: message } });
  const { description, customAttributes } = eventIn(received[0]!.body);
  expect(description).toContain('"}) { x } # yyy');
  expect(customAttributes.message).toContain('"}) { x } # yyy');
});

test.each([
  [
    200,
    { errors: [{ message: 'Entity not found' }], data: { changeTrackingCreateEvent: null } },
    'Entity not found',
  ],
  [200, { ...taken, errors: [{ message: 'Timestamp too old' }] }, 'Timestamp too old'],
  [200, { data: {} }, 'it recorded no change'],
  [
    401,
    { errors: [{ message: 'Invalid API Key' }] },
    'it answered 401: it does not accept the key: it wants a user key of this region (Invalid API Key)',
  ],
])('an answer of %i %j is a problem', async (status, body, why) => {
  const { failure, origin } = await tell(notifier, { ...given, service: () => ({ status, body }) });
  expect(failure?.message).toBe(`New Relic at ${origin} did not take the notice: ${why}.`);
});

test('an entity cannot widen the search', () => {
  expect(() => notifier.parse({ key: { env: 'KEY' }, entity: "x' OR name LIKE '%" })).toThrow('GUID');
});

testLeavesNoRecord(notifier, given);
