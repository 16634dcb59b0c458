import type { Extension, Json, Notice, Notifier } from '../../core/contract/index.ts';
import { fakeNotice } from './deployment.ts';
import { type Received, startReceiver } from './receiver.ts';
import { fakeScope } from './scope.ts';

export interface Answered {
  readonly status?: number;
  /** Sent as JSON where it is no text. */
  readonly body?: string | object;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Told {
  readonly received: readonly Received[];
  /** Where the service was. */
  readonly origin: string;
  /** Why the notifier threw, if it did. */
  readonly failure: Error | null;
}

/** Options and secrets are made of the address of the service. */
export interface Telling {
  readonly options: (origin: string) => Json;
  readonly secrets?: (origin: string) => Readonly<Record<string, string>>;
  /** Default: 200, without a word. */
  readonly service?: (received: Received, index: number) => Answered;
  readonly notice?: Partial<Notice>;
}

/** Has a notifier tell a notice to a service on this machine that answers as `service` says. */
export async function tell(notifier: Extension<Notifier>, given: Telling): Promise<Told> {
  await using receiver = await startReceiver((response, received) => {
    const {
      status = 200,
      body = '',
      headers,
    } = given.service?.(received, receiver.received.length - 1) ?? {};
    response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  const scope = fakeScope({ secrets: given.secrets?.(receiver.url) ?? {} });
  const telling = notifier.create(notifier.parse(given.options(receiver.url)), scope);
  const failure = await telling.notify(fakeNotice(given.notice), scope).then(
    () => null,
    (error: Error) => error,
  );
  return { received: receiver.received, origin: receiver.url, failure };
}

/** What a commit message may say that nobody should be called, led or fooled by. */
export const HOSTILE =
  '@everyone @here @ann <!channel> <@U024BE7LR> <users/all> [free](https://evil.example) <https://evil.example|free> ' +
  '<a href="https://evil.example">x</a> & "quoted" \\ `code` *bold* %%% \u0007 \ud83d end';
