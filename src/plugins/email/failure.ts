import { CutoverError, errorCode, messageOf } from '../../core/contract/index.ts';
import { showDuration } from '../duration.ts';
import { networkFailure } from '../network.ts';

interface MailServer {
  readonly host: string;
  readonly port: number;
}

/** `timedOutAfterMs`: no more time was left; null: it ended by itself. The server may quote the password. */
export function mailFailure(
  server: MailServer,
  error: unknown,
  timedOutAfterMs: number | null,
  password: string | null,
): CutoverError {
  if (errorCode(error) === 'E_PLUGIN') return error as CutoverError;
  if (timedOutAfterMs !== null)
    return failure(server, `it was not done within ${showDuration(timedOutAfterMs)}`);
  const { code, response } = error as { readonly code?: unknown; readonly response?: unknown };
  const words = typeof code === 'string' ? WORDS[code] : undefined;
  if (words === undefined) return failure(server, networkFailure(systemError(messageOf(error))));
  const said = typeof response === 'string' ? ` (${response.replaceAll(/\s+/g, ' ').slice(0, 200)})` : '';
  const shown = password === null ? said : said.replaceAll(password, '***');
  return failure(server, `${words(messageOf(error))}${shown}`);
}

/** nodemailer puts a code of its own over that of the system, which stands in the message still. */
function systemError(message: string): Error {
  return Object.assign(new Error(message), { code: /\bE[A-Z]{4,}\b/.exec(message)?.[0] ?? '' });
}

export function refusedRecipients(server: MailServer, rejected: readonly unknown[]): CutoverError {
  return failure(server, `it does not deliver to ${rejected.map(String).join(', ')}`);
}

/** By nodemailer's codes. */
const WORDS: Readonly<Record<string, (message: string) => string>> = {
  EAUTH: () => 'it does not accept the user or the password',
  ETLS: (message) => `the connection did not become secure: ${message}`,
  EENVELOPE: () => 'it does not take the sender or the recipients',
  EMESSAGE: () => 'it does not take the message',
};

function failure({ host, port }: MailServer, why: string): CutoverError {
  return new CutoverError('E_PLUGIN', `The mail server ${host}:${port} did not take the notice: ${why}.`);
}
