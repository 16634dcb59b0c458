import { setTimeout as delay } from 'node:timers/promises';
import {
  CutoverError,
  defineExtension,
  type Hook,
  type HookContext,
  quote,
} from '../../core/contract/index.ts';
import { showDuration } from '../duration.ts';
import { resolveTexts } from '../resolveText.ts';
import { type Answer, matches, showAnswer, showWanted } from './answer.ts';
import { ask } from './ask.ts';
import { Options } from './options.ts';

/** Asks a URL until it answers as wanted; when the deadline passes first, the step fails. */
export const hook = defineExtension({
  parse: (raw) => Options.parse(raw),
  create: (options): Hook => ({
    run: (context) => check(options, context),
    deadlineMs: options.deadline + SLACK_MS,
  }),
});

/** Its own end says more than that of whoever runs it. */
const SLACK_MS = 60_000;

async function check(options: Options, context: HookContext): Promise<void> {
  const { signal } = context;
  const headers = await resolveTexts(options.headers, context);
  const startedMs = performance.now();
  let told: Answer | null = null;
  for (;;) {
    const leftMs = options.deadline - (performance.now() - startedMs);
    const timeoutMs = Math.max(1, Math.min(options.timeout, leftMs));
    const answer = await ask(options.url, headers, timeoutMs, signal);
    if (matches(answer, options)) return;
    // A request that the deadline cut short says less than the one before it.
    const isCutShort = answer.type === 'none' && answer.isLate && timeoutMs < options.timeout;
    if (told === null || !isCutShort) told = answer;
    const restMs = options.deadline - (performance.now() - startedMs);
    if (restMs <= options.interval) throw failure(options, told);
    await delay(options.interval, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

function failure(options: Options, answer: Answer): CutoverError {
  const { origin, pathname } = new URL(options.url);
  return new CutoverError(
    'E_HOOK',
    `${origin}${pathname} did not answer as wanted within ${showDuration(options.deadline)}: ` +
      `wanted ${showWanted(options)}, last got ${showAnswer(answer)}.`,
    { hint: `See for yourself: \`curl -i ${quote(origin + pathname)}\`` },
  );
}
