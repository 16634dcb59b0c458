import type { CutoverError, Scope } from '../../core/contract/index.ts';
import { postFailure, withoutPartsOf } from './failure.ts';
import { type Answer, type Letter, post } from './post.ts';
import { refusalIn } from './refusal.ts';

export interface Call extends Omit<Letter, 'body' | 'explain'> {
  /** Sent as JSON, or as it is where it is text. Absent: there is no body. */
  readonly body?: object | string;
}

/**
 * Asks the API of a service; like `post`, but says what a refusal means, in the service's own words where there are some.
 * A page for people is no answer of an API, whatever its status: the URL leads to something else, or to a login.
 */
export async function call(given: Call, scope: Pick<Scope, 'signal' | 'now'>): Promise<Answer> {
  const { body } = given;
  const text = typeof body === 'object' ? JSON.stringify(body) : (body ?? '');
  const answer = await post({ ...given, body: text, explain: refusalIn }, scope);
  if (isPage(answer)) throw postFailure(given.who, given.url, 'it answered with a web page', given.what);
  return answer;
}

/** What to throw where a service refuses with status 200: in its own words, or else in ours. */
export function refused(
  { who, url }: Pick<Letter, 'who' | 'url'>,
  answer: Answer,
  otherwise: string,
): CutoverError {
  const said = refusalIn(answer);
  return postFailure(who, url, said === null ? otherwise : withoutPartsOf(url, said));
}

function isPage({ body }: Answer): boolean {
  return /^\s*(?:<!doctype html|<html)/i.test(body);
}
