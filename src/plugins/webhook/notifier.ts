import {
  CutoverError,
  defineExtension,
  type Notice,
  type Notifier,
  type Scope,
} from '../../core/contract/index.ts';
import { showDuration } from '../duration.ts';
import { networkFailure } from '../network.ts';
import { resolveHeaders, resolveText } from '../resolveText.ts';
import { Options } from './options.ts';
import { urlFault } from './url.ts';

/** Posts each notice as JSON. A redirect is no success: it would carry the notice to somewhere else. */
export const notifier = defineExtension({
  parse: (raw) => Options.parse(raw),
  create: (options): Notifier => ({
    notify: async (notice, scope) => {
      if (options.on === undefined || options.on.includes(notice.event)) await post(options, notice, scope);
    },
  }),
});

async function post(options: Options, notice: Notice, scope: Scope): Promise<void> {
  const url = await resolveText(options.url, scope);
  const fault = urlFault(url, options.allowInsecure);
  if (fault !== null) throw new CutoverError('E_PLUGIN', `The webhook has a wrong \`url\`: ${fault}.`);
  const headers = await resolveHeaders(options.headers, scope);
  const timeout = AbortSignal.timeout(options.timeout);
  const where = new URL(url).origin;
  let response: Response;
  try {
    response = await fetch(url, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json', 'user-agent': 'cutover' },
      body: JSON.stringify(notice),
      redirect: 'manual',
      signal: AbortSignal.any([scope.signal, timeout]),
    });
  } catch (error) {
    scope.signal.throwIfAborted();
    const why = timeout.aborted
      ? `it did not answer within ${showDuration(options.timeout)}`
      : networkFailure(error);
    throw failure(where, why);
  }
  await response.body?.cancel();
  if (response.ok) return;
  const redirect = response.status >= 300 && response.status < 400 ? ', and redirects are not followed' : '';
  throw failure(where, `it answered ${response.status}${redirect}`);
}

/** Says the origin only: the path of such an address is its password. Without a cause, which might quote it. */
function failure(where: string, why: string): CutoverError {
  return new CutoverError('E_PLUGIN', `The webhook at ${where} did not take the notice: ${why}.`);
}
