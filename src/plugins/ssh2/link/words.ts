import { messageOf } from '../../../core/contract/index.ts';
import { networkFailure } from '../../network.ts';

/** Why a connection failed, in words. */
export function wordsFor(error: unknown): string {
  const message = messageOf(error);
  const refused = /Channel open failure: (.*)/.exec(message)?.[1];
  if (refused !== undefined) return `the jump host could not reach it${refused && ` (${refused})`}`;
  return BY_MESSAGE.find(([pattern]) => pattern.test(message))?.[1] ?? networkFailure(error);
}

const BY_MESSAGE: readonly (readonly [RegExp, string])[] = [
  [/^Connection lost before handshake/, 'the server closed the connection before the handshake'],
  [/^Timed out while waiting for handshake/, 'the server did not finish the handshake in time'],
  [/^Keepalive timeout/, 'the server no longer answers'],
];
