import type { Scope } from '../../core/contract/index.ts';
import { call } from '../http/call.ts';
import { postFailure } from '../http/failure.ts';
import type { Answer } from '../http/post.ts';
import { cut } from '../notice/cut.ts';
import { withoutMentions } from '../notice/escape.ts';
import type { Options } from './options.ts';

/** The part of GitHub's API that is about one repository. */
export interface Repository {
  /** `path` is below that of the repository. Rejects with `E_PLUGIN` when GitHub refuses. */
  readonly ask: (method: 'GET' | 'POST', path: string, body?: object) => Promise<Answer>;
  /** What to throw for an answer that is not the one that was asked for. */
  readonly failure: (why: string) => Error;
}

export function repositoryOf(options: Options, token: string, scope: Scope): Repository {
  const base = `${options.apiUrl}/repos/${options.repository}`;
  const headers = {
    accept: 'application/vnd.github+json',
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    'x-github-api-version': '2022-11-28',
  };
  return {
    ask: (method, path, body) =>
      call(
        {
          ...options,
          who: 'GitHub',
          url: `${base}/${path}`,
          method,
          headers,
          meanings: MEANINGS,
          ...(body === undefined ? {} : { body }),
        },
        scope,
      ),
    failure: (why) => postFailure('GitHub', base, why),
  };
}

/** As long as GitHub takes one, calling nobody. */
export function description(text: string): string {
  return cut(withoutMentions(text), MOST_DESCRIPTION);
}

const MOST_DESCRIPTION = 140;

const MEANINGS = {
  401: 'it does not accept the token',
  403: 'the token lacks the right to write deployments',
  404: 'there is no such repository, or the token may not see it',
  409: 'it refuses to deploy this commit',
  422: 'it does not know this commit: was it pushed?',
};
