import type { Config, EnvironmentConfig, NotifierConfig } from '../config/types.ts';
import type { Notice, Notifier } from '../contract/index.ts';
import type { Plan } from '../plan/types.ts';
import type { Observation } from '../remote/observation.ts';
import { tellFault } from './faults.ts';
import { type EndedResult, type NoticeSource, noticeFacts } from './notice.ts';
import { isAfterFailure } from './noticeEvents.ts';
import { noticeText, type TextFacts } from './noticeText.ts';
import type { TransactionResult } from './results.ts';
import type { Runtime } from './runtime.ts';
import { scopeFor } from './scope.ts';
import { type Listener, tell } from './tell.ts';

export interface Notices {
  /** Does not wait: a slow notifier delays nothing. Nobody is told of the start once more who goes on with it. */
  started(opening: Opening): void;
  /**
   * Waits for all, and gives the problems. One that is still being told of the start has half of its deadline left for that,
   * so that both together delay the end by one deadline at most.
   */
  ended(result: Ended): Promise<readonly string[]>;
}

export type Ended = Omit<EndedResult, 'outcome'> & Pick<TransactionResult, 'outcome'>;

export interface Opening {
  /** When the transaction was opened, ISO 8601. */
  readonly at: string;
  /** It was opened by an earlier run. */
  readonly isResumed: boolean;
  /** Under the locks. */
  readonly seen: ReadonlyMap<string, Pick<Observation, 'ledger'>>;
}

/** Tells the configured notifiers. Whatever they do, the deployment goes its way. */
export async function openNotices(
  runtime: Runtime,
  config: Config,
  environment: EnvironmentConfig,
  plan: Omit<Plan, 'digest'>,
): Promise<Notices> {
  const listeners = await Promise.all(
    environment.notify.map(async (entry) => ({ entry, ...(await listenerFor(runtime, config, entry)) })),
  );
  const serverCount = config.environments[environment.name]?.servers.length ?? environment.servers.length;
  let source: NoticeSource | null = null;
  const starting = new Map<
    Listener,
    { readonly told: Promise<string | null>; readonly cut: AbortController }
  >();

  return {
    started({ at, isResumed, seen }) {
      const ledgers = [...seen.values()].map(({ ledger }) => ledger);
      const afterFailure = isAfterFailure(ledgers, isResumed ? at : null);
      source = { plan, by: runtime.by, startedAt: at, isAfterFailure: afterFailure, serverCount };
      if (isResumed) return;
      const facts = noticeFacts(source, null, at);
      for (const listener of listeners.filter((each) => listensTo(each.entry, facts))) {
        const cut = new AbortController();
        const notice = noticeFor(runtime, listener.entry, facts);
        starting.set(listener, { cut, told: tell(listener, notice, listener.deadlineMs, cut.signal) });
      }
    },
    async ended(result) {
      const { outcome } = result;
      const end = outcome === 'unchanged' || source === null ? null : { ...result, outcome };
      const facts = end && source && noticeFacts(source, end, runtime.now().toISOString());
      const each = listeners.map(async (listener) => {
        const endsAtMs = runtime.clockMs() + listener.deadlineMs;
        const early = await cutAfter(starting.get(listener), listener.deadlineMs / 2);
        if (facts === null || !listensTo(listener.entry, facts)) return [early];
        const notice = noticeFor(runtime, listener.entry, facts);
        return [early, await tell(listener, notice, Math.max(0, endsAtMs - runtime.clockMs()))];
      });
      const problems = (await Promise.all(each)).flat();
      return problems.filter((problem) => problem !== null);
    },
  };
}

const DEADLINE_MS = 10_000;

/** One that cannot even be made is a problem each time it should be told. */
export async function listenerFor(
  runtime: Runtime,
  config: Config,
  { name, options, secrets, deadlineMs }: NotifierConfig,
): Promise<Listener> {
  const scope = (signal: AbortSignal) =>
    scopeFor(runtime, config, { what: `The notifier ${name}`, secrets, server: null, signal });
  const notifier = await makeNotifier(() =>
    runtime.extensions
      .notifier(name)
      .then(({ create }) => create(options, scope(new AbortController().signal))),
  );
  return {
    name,
    deadlineMs: deadlineMs ?? notifier.deadlineMs ?? DEADLINE_MS,
    async notify(notice, signal) {
      try {
        await notifier.notify(notice, scope(signal));
      } catch (error) {
        if (!signal.aborted) tellFault(runtime, null, error);
        throw error;
      }
    },
  };
}

async function makeNotifier(make: () => Promise<Notifier>): Promise<Notifier> {
  try {
    return await make();
  } catch (error) {
    return { notify: () => Promise.reject(error) };
  }
}

async function cutAfter(
  start: { readonly told: Promise<string | null>; readonly cut: AbortController } | undefined,
  ms: number,
): Promise<string | null> {
  if (start === undefined) return null;
  const timer = setTimeout(() => start.cut.abort(), ms);
  return start.told.finally(() => clearTimeout(timer));
}

export function listensTo({ events }: NotifierConfig, notice: Pick<Notice, 'events'>): boolean {
  return notice.events.some((event) => events.includes(event));
}

/** What leaves the program is free of secrets, as all that it prints. */
export function noticeFor(runtime: Runtime, { text }: NotifierConfig, facts: TextFacts): Notice {
  const { absent: _, stranded: __, ...notice } = facts;
  const whole = { ...notice, text: noticeText(text, facts) };
  const redacted = Object.entries(whole).map(([key, value]) => [
    key,
    typeof value === 'string' ? runtime.redact(value) : value,
  ]);
  return Object.fromEntries(redacted) as unknown as Notice;
}
