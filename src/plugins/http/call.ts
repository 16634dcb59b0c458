import type { Scope } from '../../core/contract/index.ts';
import { postFailure } from './failure.ts';
import { type Answer, type Letter, post } from './post.ts';
import { refusalIn } from './refusal.ts';

export interface Call extends Omit<Letter, 'body' | 'explain'> {
  /** Sent as JSON, or as it is where it is text. Absent: there is no body. */
  readonly body?: object | string;
  /** What a status means for this service, by status: `the webhook does not exist any more`. */
  readonly meanings?: Readonly<Record<number, string>>;
}

/**
 * Asks the API of a service; like `post`, but says what a refusal means, in the words of the service where it has any.
 * A page for people is no answer of an API, whatever its status: the URL leads to something else, or to a login.
 */
export async function call(given: Call, scope: Pick<Scope, 'signal' | 'now'>): Promise<Answer> {
  const { body, meanings = {}, ...letter } = given;
  const answer = await post(
    {
      ...letter,
      body: typeof body === 'object' ? JSON.stringify(body) : (body ?? ''),
      explain: (refused) => explain(refused, meanings),
    },
    scope,
  );
  if (isPage(answer)) throw postFailure(given.who, given.url, 'it answered with a web page', given.what);
  return answer;
}

function explain(answer: Answer, meanings: Readonly<Record<number, string>>): string | null {
  const meaning = meanings[answer.status];
  const words = refusalIn(answer);
  if (meaning === undefined) return words;
  return words === null ? meaning : `${meaning} (${words})`;
}

function isPage({ body }: Answer): boolean {
  return /^\s*(?:<!doctype html|<html)/i.test(body);
}
