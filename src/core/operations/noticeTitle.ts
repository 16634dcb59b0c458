import type { Notice, NoticeEvent } from '../contract/index.ts';
import type { Plan, ServerPlan } from '../plan/types.ts';
import { hasLeftBehind } from './noticeEvents.ts';
import type { ServerResult, TransactionResult } from './results.ts';

/** What a title is made of. */
export interface TitleFacts {
  readonly event: Notice['event'];
  readonly events: readonly NoticeEvent[];
  readonly plan: Pick<Plan, 'application' | 'environment' | 'kind' | 'release' | 'absent'> & {
    readonly servers: readonly Pick<ServerPlan, 'name' | 'current'>[];
  };
  /** Null: it has just started. */
  readonly result: Pick<TransactionResult, 'servers' | 'interrupted'> | null;
  /** How many servers the environment has. */
  readonly serverCount: number;
}

/** One line that says what people want to know first: what is served now. */
export function noticeTitle(facts: TitleFacts): string {
  return `${facts.plan.application}: ${sentence(facts)}`;
}

function sentence(facts: TitleFacts): string {
  const { event, events, plan, result } = facts;
  const place = placeOf(facts);
  const goesBack = plan.kind === 'rollback';
  if (event === 'started')
    return goesBack ? `going back to ${plan.release} on ${place}` : `deploying ${plan.release} to ${place}`;
  const servers = result?.servers ?? [];
  if (event === 'stranded') {
    const stranded = servers.filter(({ outcome }) => outcome === 'stranded').map(({ name }) => name);
    return `${place} is stranded${stranded.length > 0 ? ` on ${listed(stranded)}` : ''}`;
  }
  if (event === 'compensated' || hasLeftBehind(result)) {
    const what = result?.interrupted ? 'was interrupted' : 'failed';
    return `${goesBack ? `going back on ${place}` : place} ${what}, ${served(servers)}`;
  }
  const isMany = place !== plan.environment && plan.servers.length > 1;
  const verb = goesBack ? (isMany ? 'are back at' : 'is back at') : isMany ? 'serve' : 'serves';
  const without = plan.absent.length > 0 ? `, without ${listed(plan.absent.map(({ name }) => name))}` : '';
  const back = events.includes('backToSuccess') ? ', back to success' : '';
  return `${place} ${verb} ${plan.release}${was(plan)}${without}${back}`;
}

/** `production`, or those of its servers that it is about where others are not even meant. */
function placeOf({ plan, serverCount }: TitleFacts): string {
  const { environment, servers, absent } = plan;
  if (servers.length + absent.length >= serverCount) return environment;
  return `${listed(servers.map(({ name }) => name))} of ${environment}`;
}

function was({ release, servers }: TitleFacts['plan']): string {
  const [previous = null, ...others] = new Set(servers.map(({ current }) => current));
  return previous === null || previous === release || others.length > 0 ? '' : ` (was ${previous})`;
}

function served(servers: readonly ServerResult[]): string {
  const [release = null, ...others] = new Set(servers.map(({ current }) => current));
  if (others.length > 0) return servesByServer(servers);
  if (release === null) return 'nothing is live';
  return servers.length === 1 ? `it still serves ${release}` : `every server serves ${release}`;
}

/** `web1, web2 serve 2026…; web3 serves nothing` */
export function servesByServer(
  servers: readonly { readonly name: string; readonly current: string | null; readonly outcome?: string }[],
): string {
  const byRelease = Map.groupBy(
    servers,
    ({ current, outcome }) => current ?? (outcome === 'stranded' ? 'nobody knows what' : 'nothing'),
  );
  return [...byRelease]
    .map(
      ([release, those]) =>
        `${those.map(({ name }) => name).join(', ')} ${those.length === 1 ? 'serves' : 'serve'} ${release}`,
    )
    .join('; ');
}

const MOST_NAMES = 4;

/** `web1, web2 and web3`; of very many the number. */
function listed(names: readonly string[]): string {
  if (names.length > MOST_NAMES) return `${names.length} servers`;
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
