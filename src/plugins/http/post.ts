import { setTimeout as delay } from 'node:timers/promises';
import { CutoverError, type Scope } from '../../core/contract/index.ts';
import { showDuration } from '../duration.ts';
import { urlFault } from './address.ts';
import { type Answer, type Attempt, attempt } from './attempt.ts';
import { postFailure, withoutPartsOf } from './failure.ts';
import { pauseAfter } from './pause.ts';

export type { Answer } from './attempt.ts';

export interface Letter {
  /** For messages: `the webhook`, `Slack`. */
  readonly who: string;
  readonly url: string;
  /** What is sent, for messages. Default: `the notice`. */
  readonly what?: string;
  /** Default: POST. */
  readonly method?: string;
  /** What is a success. Default: every 2xx. */
  readonly statuses?: readonly number[] | undefined;
  /** Names in lower case. Default for `content-type`: JSON. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
  /** For one attempt. */
  readonly timeout: number;
  /** How often it is tried again when nothing answers, or 429 or 5xx does. */
  readonly retries: number;
  /** Plain `http://` and private addresses pass. */
  readonly allowInsecure: boolean;
  /** What a status means for this service: `the webhook does not exist any more`. */
  readonly meanings?: Readonly<Record<number, string>>;
  /** Finds in the body of a refusal what is wrong, in few words; null: the status has to do. */
  readonly explain?: (answer: Answer) => string | null;
  /** Before the second attempt; doubled for each further one. Default: 500. */
  readonly firstPauseMs?: number;
}

/**
 * Posts until it is taken, with growing pauses, and gives the answer. Follows no redirect: it would carry the letter to somewhere
 * else. Rejects with `E_PLUGIN`, in words that do not show the path of the URL, or with the reason of the scope's signal.
 */
export async function post(letter: Letter, scope: Pick<Scope, 'signal' | 'now'>): Promise<Answer> {
  const { who, url, retries } = letter;
  const fault = urlFault(url, letter.allowInsecure);
  if (fault !== null) throw new CutoverError('E_PLUGIN', `The address of ${who} is wrong: ${fault}.`);
  for (let done = 0; ; done += 1) {
    const end = await attempt(letter, scope.signal);
    scope.signal.throwIfAborted();
    if (end.type === 'taken') return end.answer;
    const often = done === 0 ? '' : ` (tried ${done + 1} times)`;
    if (!end.mayPass || done >= retries)
      throw postFailure(who, url, `${wordsOf(end, letter)}${often}`, letter.what);
    const pause = pauseAfter(
      done,
      end.answer?.headers['retry-after'] ?? null,
      scope.now(),
      letter.firstPauseMs,
    );
    if (pause.type === 'giveUp') {
      const asks = `and asks to wait for ${showDuration(pause.askedForMs)}`;
      throw postFailure(who, url, `${wordsOf(end, letter)} ${asks}`, letter.what);
    }
    await delay(pause.ms, undefined, { signal: scope.signal }).catch(() => scope.signal.throwIfAborted());
  }
}

function wordsOf({ why, answer }: Exclude<Attempt, { type: 'taken' }>, letter: Letter): string {
  if (answer === null) return withoutPartsOf(letter.url, why);
  const meaning = letter.meanings?.[answer.status];
  const said = letter.explain?.(answer) ?? null;
  if (said === null) return meaning === undefined ? why : `${why}: ${meaning}`;
  const shown = withoutPartsOf(letter.url, said);
  return meaning === undefined ? `${why}: ${shown}` : `${why}: ${meaning} (${shown})`;
}
