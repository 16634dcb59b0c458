import type { ParsedKey } from '../client.ts';

/** Signs with the key that is shown to the server; null when that failed. */
export type Sign = (data: Buffer, hash: string | undefined, done: (signature: Buffer | null) => void) => void;

/** What is inside of a client of ssh2 1.17, which is pinned. */
export interface Insides {
  readonly _protocol?: Protocol;
}

/**
 * Saves two round trips of a login, that SSH does not ask for and ssh2 has no setting for; where it does not find what
 * it knows, ssh2 goes its own way. The first attempt is sent behind the request for the service, without waiting for
 * the consent (RFC 4253, 10: who does not serve it disconnects), when the server has said which signatures it takes.
 * And a key is shown with its signature, without asking first whether it would be taken (RFC 4252, 7: one may ask).
 * To be called right after `connect`. `signer`: null when nothing is to be signed unasked.
 */
export function hurryLogin({ _protocol: protocol }: Insides, signer: () => Sign | null): void {
  if (protocol === undefined || !isKnown(protocol)) return;
  attemptAtOnce(protocol);
  signAtOnce(protocol, signer);
}

interface Protocol {
  readonly _handlers: { SERVICE_ACCEPT: Handler; EXT_INFO: Handler };
  service: (name: string) => void;
  authPK: (user: string, key: ParsedKey, algorithm?: string, sign?: ToSign) => void;
}

type Handler = (protocol: Protocol, ...rest: never[]) => void;
type ToSign = (data: Buffer, send: (signature: Buffer) => void) => void;

function isKnown({ service, authPK, _handlers: handlers }: Partial<Protocol>): boolean {
  return [service, authPK, handlers?.SERVICE_ACCEPT, handlers?.EXT_INFO].every(
    (each) => typeof each === 'function',
  );
}

function attemptAtOnce(protocol: Protocol): void {
  const { _handlers: handlers, service } = protocol;
  const { SERVICE_ACCEPT: accepted, EXT_INFO: told } = handlers;
  let knowsSignatures = false;
  let isAhead = false;
  handlers.EXT_INFO = (...message) => {
    knowsSignatures = true;
    told(...message);
  };
  handlers.SERVICE_ACCEPT = (...message) => {
    if (!isAhead) accepted(...message);
    isAhead = true;
  };
  protocol.service = (name) => {
    service.call(protocol, name);
    // What it says of signatures comes with its last word in the key exchange, and is read right after it.
    process.nextTick(() => {
      if (knowsSignatures) handlers.SERVICE_ACCEPT(protocol, name as never);
    });
  };
}

function signAtOnce(protocol: Protocol, signer: () => Sign | null): void {
  const { authPK } = protocol;
  protocol.authPK = (user, key, algorithm, sign) => {
    const unasked = sign === undefined ? signer() : null;
    const show = (toSign?: ToSign) => authPK.call(protocol, user, key, algorithm, toSign);
    if (unasked === null) return show(sign);
    show((data, send) =>
      unasked(data, HASHES[algorithm ?? ''], (signature) => (signature === null ? show() : send(signature))),
    );
  };
}

const HASHES: Readonly<Record<string, string>> = {
  'rsa-sha2-256': 'sha256',
  'rsa-sha2-512': 'sha512',
  'ssh-rsa': 'sha1',
};
