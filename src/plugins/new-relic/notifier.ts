import { z } from 'zod';
import { defineNotifier } from '../defineNotifier.ts';
import { call, refused } from '../http/call.ts';
import { jsonIn } from '../http/refusal.ts';
import { leaveNoRecord } from '../notice/leaveNoRecord.ts';
import { resolveText } from '../resolveText.ts';
import { mutation } from './mutation.ts';
import { Options } from './options.ts';

/** Records a change for an entity, by change tracking: https://docs.newrelic.com/docs/change-tracking/config/nerdgraph/ */
export const notifier = defineNotifier(Options, async (options, notice, scope) => {
  const url = `${options.apiUrl}/graphql`;
  const headers = { 'api-key': await resolveText(options.key, scope), 'content-type': 'application/json' };
  if (notice.isTest) return leaveNoRecord('New Relic', scope);
  const body = { query: mutation(notice, options) };
  const request = { ...options, who: 'New Relic', url, headers, body, meanings: MEANINGS };
  const answer = await call(request, scope);
  // GraphQL refuses with status 200.
  if (jsonIn(answer, Taken) === null) throw refused(request, answer, 'it recorded no change');
});

const MEANINGS = {
  401: 'it does not accept the key: it wants a user key of this region',
  403: 'it does not accept the key: it wants a user key of this region',
};

const Taken = z.looseObject({
  data: z.looseObject({
    changeTrackingCreateEvent: z.looseObject({
      changeTrackingEvent: z.looseObject({ changeTrackingId: z.string() }),
    }),
  }),
  errors: z.undefined().optional(),
});
