import type { Notice } from '../../core/contract/index.ts';
import { cut } from '../notice/cut.ts';
import { factsOf } from '../notice/facts.ts';
import { textOf } from '../notice/lines.ts';
import { versionOf } from '../notice/version.ts';
import type { Options } from './options.ts';

/**
 * A change that New Relic draws into its charts. What is committed is a deployment of a version; what was only begun, or taken back,
 * is none, but may explain a chart as well. All notices of one release share a group. Written as in the documentation, with the
 * values in the text: https://docs.newrelic.com/docs/change-tracking/config/nerdgraph/
 */
export function mutation(
  notice: Notice,
  { entity, version, link }: Pick<Options, 'entity' | 'version' | 'link'>,
): string {
  const { revision } = notice;
  const deployment = {
    version: versionOf(notice, version),
    ...(revision === null ? {} : { commit: revision }),
    ...(link === undefined ? {} : { deepLink: link }),
  };
  const event = {
    categoryAndTypeData:
      notice.event === 'committed'
        ? { categoryFields: { deployment }, kind: { category: 'Deployment', type: 'Basic' } }
        : { kind: { category: 'Operational', type: 'Other' } },
    user: notice.by,
    shortDescription: cut(notice.title, MOST_VALUE),
    description: cut(textOf(notice), MOST_VALUE),
    groupId: `${notice.application}/${notice.environment}/${notice.release}`,
    timestamp: Date.parse(notice.at),
    customAttributes: Object.fromEntries(
      Object.entries(factsOf(notice)).map(([name, value]) => [name, cut(value, MOST_VALUE)]),
    ),
    entitySearch: { query: `id = '${entity}'` },
  };
  return (
    `mutation { changeTrackingCreateEvent(changeTrackingEvent: ${literal(event)}) ` +
    '{ changeTrackingEvent { changeTrackingId } messages } }'
  );
}

/** Of a value of an attribute: https://docs.newrelic.com/docs/data-apis/custom-data/custom-events/data-requirements-limits-custom-event-data/ */
const MOST_VALUE = 4000;

type Value = string | number | { readonly [name: string]: Value };

/** GraphQL's text for a value. Strings are those of JSON: https://spec.graphql.org/October2021/#sec-String-Value */
function literal(value: Value): string {
  if (typeof value !== 'object') return JSON.stringify(value);
  const members = Object.entries(value).map(([name, member]) => `${name}: ${literal(member)}`);
  return `{ ${members.join(', ')} }`;
}
