import { setTimeout as delay } from 'node:timers/promises';
import type { Config, EnvironmentConfig } from '../config/types.ts';
import { messageOf, type Notice, type NoticeEvent, type Notifier, type Scope } from '../contract/index.ts';
import type { Plan } from '../plan/types.ts';
import type { TransactionResult } from './results.ts';
import type { Runtime } from './runtime.ts';
import { scopeFor } from './scope.ts';

export interface Notices {
  /** Does not wait: a slow notifier delays nothing. */
  started(): void;
  /** Waits for all, each up to its deadline, and gives the problems. */
  ended(result: TransactionResult): Promise<readonly string[]>;
}

const DEADLINE_MS = 10_000;

/** Tells the configured notifiers. Whatever they do, the deployment goes its way. */
export async function openNotices(
  runtime: Runtime,
  config: Config,
  environment: EnvironmentConfig,
  plan: Plan,
  deadlineMs = DEADLINE_MS,
): Promise<Notices> {
  const notifiers: { readonly name: string; readonly notifier: Notifier; readonly scope: Scope }[] = [];
  for (const { name, options, secrets } of environment.notify) {
    const extension = await runtime.extensions.notifier(name);
    const signal = new AbortController().signal;
    const scope = scopeFor(runtime, config, { what: `the notifier ${name}`, secrets, server: null, signal });
    notifiers.push({ name, notifier: extension.create(options, scope), scope });
  }

  const tell = (notice: Notice): Promise<readonly string[]> =>
    Promise.all(
      notifiers.map(async ({ name, notifier, scope }) => {
        const over = new AbortController();
        const late = delay(deadlineMs, 'late' as const, { signal: over.signal });
        late.catch(() => {});
        try {
          const end = await Promise.race([late, notifier.notify(notice, { ...scope, signal: over.signal })]);
          return end === 'late' ? [`the notifier ${name} did not answer within ${deadlineMs / 1000} s`] : [];
        } catch (error) {
          return [`the notifier ${name} failed: ${messageOf(error)}`];
        } finally {
          over.abort();
        }
      }),
    ).then((each) => each.flat());

  const startedAt = runtime.now().toISOString();
  const notice = (event: Notice['event'], result: TransactionResult | null): Notice => ({
    event,
    events: eventsOf(event, plan),
    title: titleOf(event, plan),
    text: titleOf(event, plan),
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
    startedAt,
    by: runtime.by,
    at: runtime.now().toISOString(),
    servers: result?.servers.map(({ name, current }) => ({ name, current })) ?? [],
    failure: result?.servers.find((server) => server.failure !== null)?.failure?.message ?? null,
  });

  let starting: Promise<readonly string[]> = Promise.resolve([]);
  return {
    started() {
      starting = tell(notice('started', null));
    },
    async ended(result) {
      const early = await starting;
      return [
        ...early,
        ...(result.outcome === 'unchanged' ? [] : await tell(notice(result.outcome, result))),
      ];
    },
  };
}

function eventsOf(event: Notice['event'], { kind }: Plan): readonly NoticeEvent[] {
  if (event === 'started') return ['started'];
  if (event === 'committed') return kind === 'rollback' ? ['succeeded', 'rolledBack'] : ['succeeded'];
  return ['failed', event];
}

function titleOf(event: Notice['event'], { application, environment, release, kind }: Plan): string {
  return `${application}: ${kind} of ${release} to ${environment}: ${event}`;
}
