import type { ErrorCode, Notice } from '../contract/index.ts';
import type { Plan, ServerPlan } from '../plan/types.ts';
import { hasLeftBehind, noticeEvents } from './noticeEvents.ts';
import type { TextFacts } from './noticeText.ts';
import { noticeTitle } from './noticeTitle.ts';
import type { TransactionResult } from './results.ts';

/** What notices of one transaction are made of. */
export interface NoticeSource {
  readonly plan: NoticePlan;
  /** `user@host` of who runs the program. */
  readonly by: string;
  /** Of the transaction, ISO 8601. */
  readonly startedAt: string;
  /** The transaction before it had failed. */
  readonly isAfterFailure: boolean;
  /** How many servers the environment has. */
  readonly serverCount: number;
  /** Default: false. */
  readonly isTest?: boolean;
}

/** What a notice takes from a plan. */
export type NoticePlan = Pick<
  Plan,
  'application' | 'environment' | 'kind' | 'release' | 'revision' | 'branch' | 'message' | 'author' | 'absent'
> & { readonly servers: readonly Pick<ServerPlan, 'name' | 'current' | 'currentRevision'>[] };

export type EndedResult = Pick<TransactionResult, 'servers' | 'interrupted'> & {
  readonly outcome: Exclude<Notice['event'], 'started'>;
  /** Of the whole transaction. Default: of the first server that failed. */
  readonly failure?: string;
};

/** All that a notice says but its text, and what that may say. `result` null: it has just started. */
export function noticeFacts(source: NoticeSource, result: EndedResult | null, at: string): TextFacts {
  const { plan, isTest = false } = source;
  const event = result?.outcome ?? 'started';
  const events = noticeEvents({ event, kind: plan.kind, result, isAfterFailure: source.isAfterFailure });
  const title = noticeTitle({ event, events, plan, result, serverCount: source.serverCount });
  return {
    event,
    events,
    isTest,
    title: isTest ? `[test] ${title}` : title,
    kind: plan.kind,
    application: plan.application,
    environment: plan.environment,
    release: plan.release,
    previous: plan.servers[0]?.current ?? null,
    revision: plan.revision,
    previousRevision: plan.servers[0]?.currentRevision ?? null,
    branch: plan.branch,
    message: plan.message,
    author: plan.author,
    by: source.by,
    startedAt: source.startedAt,
    at,
    servers: result?.servers.map(({ name, current }) => ({ name, current })) ?? [],
    failure: failureOf(event, result),
    absent: plan.absent.map(({ name }) => name),
    stranded: (result?.servers ?? []).filter(({ outcome }) => outcome === 'stranded').map(({ name }) => name),
  };
}

/** Of who is stranded before all others. */
function failureOf(event: Notice['event'], result: EndedResult | null): string | null {
  if (result === null || (event === 'committed' && !hasLeftBehind(result))) return null;
  if (result.failure !== undefined) return result.failure;
  const isOwn = (code: ErrorCode) => !result.interrupted || code !== 'E_INTERRUPTED';
  const failed = result.servers.filter(({ failure }) => failure !== null && isOwn(failure.code));
  const worst = failed.find(({ outcome }) => outcome === 'stranded') ?? failed[0];
  if (worst?.failure) return worst.failure.message;
  return result.interrupted ? 'somebody asked to stop' : null;
}
