import { once } from 'node:events';
import { type IncomingHttpHeaders, type IncomingMessage, request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import { showDuration } from '../duration.ts';
import { networkCode, networkFailure } from '../network.ts';
import { lookupFor } from './address.ts';
import type { Letter } from './post.ts';
import { proxyAgent, proxyVariable } from './proxy.ts';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Its first 64 KiB. */
  readonly body: string;
}

export type Attempt =
  | { readonly type: 'taken'; readonly answer: Answer }
  | {
      readonly type: 'failed';
      readonly why: string;
      /** Another attempt may do better. */
      readonly mayPass: boolean;
      /** Null: none came. */
      readonly answer: Answer | null;
    };

/** Posts once. Never rejects. */
export async function attempt(letter: Letter, signal: AbortSignal): Promise<Attempt> {
  const timeout = AbortSignal.timeout(letter.timeout);
  try {
    return judge(await ask(letter, AbortSignal.any([signal, timeout])), letter.statuses);
  } catch (error) {
    if (timeout.aborted) {
      const why = `it did not answer within ${showDuration(letter.timeout)}`;
      return { type: 'failed', why, mayPass: true, answer: null };
    }
    const mayPass = PASSING.has(networkCode(error));
    const variable = proxyVariable(new URL(letter.url), process.env);
    const why = `${networkFailure(error)}${variable === null ? '' : ` (${variable} is set)`}`;
    return { type: 'failed', why, mayPass, answer: null };
  }
}

async function ask(letter: Letter, signal: AbortSignal): Promise<Answer> {
  const url = new URL(letter.url);
  const body = Buffer.from(letter.body);
  const mayProxy = proxyVariable(url, process.env) !== null;
  const request = (url.protocol === 'https:' ? requestTls : requestPlain)(url, {
    method: letter.method ?? 'POST',
    headers: {
      'content-type': 'application/json',
      'user-agent': 'cutover',
      ...letter.headers,
      'content-length': body.length,
    },
    // False: a connection of its own. One that is kept was looked up for somebody else, and would hold the program.
    agent: mayProxy ? proxyAgent(url, process.env) : false,
    lookup: lookupFor(url.hostname, letter.allowInsecure, mayProxy),
    signal,
  });
  request.end(body);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const { statusCode = 0, headers } = response;
  return { status: statusCode, headers, body: await beginningOf(response) };
}

const LONGEST_BODY_BYTES = 65_536;

async function beginningOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    // Leaving the loop destroys the stream.
    if (length >= LONGEST_BODY_BYTES) break;
  }
  return Buffer.concat(chunks).subarray(0, LONGEST_BODY_BYTES).toString();
}

function judge(answer: Answer, statuses: Letter['statuses']): Attempt {
  const { status } = answer;
  if (statuses?.includes(status) ?? (status >= 200 && status < 300)) return { type: 'taken', answer };
  const isRedirect = status >= 300 && status < 400;
  const why = `it answered ${status}${isRedirect ? ', and redirects are not followed' : ''}`;
  return { type: 'failed', why, mayPass: status === 429 || status >= 500, answer };
}

/** What a certificate, a name or an address is wrong with stays wrong. */
const PASSING: ReadonlySet<string> = new Set([
  'EAI_AGAIN',
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
]);
