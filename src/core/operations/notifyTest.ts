import type { Config, NotifierConfig } from '../config/types.ts';
import { CutoverError, type NoticeEvent } from '../contract/index.ts';
import { listenerFor, noticeFor } from './notices.ts';
import { environmentNamed, requireUncancelled } from './openGroup.ts';
import type { NotifyTestResult, TestedNotifier } from './results.ts';
import type { Runtime } from './runtime.ts';
import { sampleNotices } from './sampleNotices.ts';
import { type Listener, tell } from './tell.ts';

export interface NotifyTestRequest {
  readonly environment: string;
  /** All notifiers of this name; null: all. */
  readonly name: string | null;
  /** A notice of this, whatever they listen to; null: of each that they listen to. */
  readonly event: NoticeEvent | null;
}

/**
 * Sends notices of what never happened, marked as a test, one after the other to each notifier. Contacts no server. Throws
 * `E_USAGE` where there is nobody to be told.
 */
export async function notifyTest(
  runtime: Runtime,
  config: Config,
  request: NotifyTestRequest,
): Promise<NotifyTestResult> {
  const environment = environmentNamed(config, request.environment);
  const chosen = environment.notify.filter(({ name }) => request.name === null || name === request.name);
  if (chosen.length === 0) throw nobody(request, environment.notify);
  const notifiers = chosen.map(async (entry) => {
    const listener = await listenerFor(runtime, config, entry);
    const samples = sampleNotices(runtime, config.application, environment, request.event ?? entry.events);
    return await test(runtime, entry, listener, samples);
  });
  const tested = await Promise.all(notifiers);
  requireUncancelled(runtime.cancel);
  return { environment: environment.name, notifiers: tested };
}

async function test(
  runtime: Runtime,
  entry: NotifierConfig,
  listener: Listener,
  samples: ReturnType<typeof sampleNotices>,
): Promise<TestedNotifier> {
  const notices: TestedNotifier['notices'][number][] = [];
  for (const facts of samples) {
    requireUncancelled(runtime.cancel);
    const notice = noticeFor(runtime, entry, facts);
    const problem = await tell(listener, notice, listener.deadlineMs, runtime.cancel);
    notices.push({ events: notice.events, title: notice.title, problem });
  }
  return { name: entry.name, notices };
}

function nobody({ environment, name }: NotifyTestRequest, notify: readonly NotifierConfig[]): CutoverError {
  const names = [...new Set(notify.map((each) => each.name))];
  const what = name === null ? 'no notifier' : `no notifier ${name}`;
  return new CutoverError('E_USAGE', `There is ${what} in ${environment}.`, {
    hint: names.length > 0 ? `It has: ${names.join(', ')}.` : 'Add one to `notify`, see docs/notifiers.md.',
  });
}
