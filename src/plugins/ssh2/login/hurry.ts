import type { ParsedKey } from '../client.ts';

/** Signs with the key that is shown to the server; null when that failed. */
export type Sign = (data: Buffer, hash: string | undefined, done: (signature: Buffer | null) => void) => void;

/** What is inside of a client of ssh2 1.17, which is pinned. */
export interface Insides {
  readonly _protocol?: Protocol;
  /** What the server calls its program. */
  readonly _remoteVer?: string;
}

export interface Haste {
  /** Null when nothing is to be signed unasked. */
  readonly signer: () => Sign | null;
  /** A session is wanted at once, and there is one way only to log in. */
  readonly opensAhead: boolean;
}

/**
 * Saves three round trips of a login, that SSH does not ask for and ssh2 has no setting for; where it does not find what
 * it knows, ssh2 goes its own way. The first attempt is sent behind the request for the service, without waiting for
 * the consent (RFC 4253, 10: who does not serve it disconnects), when the server has said which signatures it takes.
 * A key is shown with its signature, without asking first whether it would be taken (RFC 4252, 7: one may ask). And the
 * first session is opened behind that, before we know that we are in (`sessionAhead`).
 * To be called right after `connect`.
 */
export function hurryLogin(client: Insides, { signer, opensAhead }: Haste): void {
  const { _protocol: protocol } = client;
  if (protocol === undefined || !isKnown(protocol)) return;
  const openSession = sessionAhead(protocol);
  attemptAtOnce(protocol);
  signAtOnce(protocol, signer, () => {
    if (opensAhead && /^OpenSSH_/.test(client._remoteVer ?? '')) openSession();
  });
}

interface Protocol {
  readonly _handlers: {
    SERVICE_ACCEPT: Handler;
    EXT_INFO: Handler;
    CHANNEL_OPEN_CONFIRMATION: (protocol: Protocol, channel: { readonly recipient: number }) => void;
    CHANNEL_OPEN_FAILURE: (protocol: Protocol, recipient: number, ...why: never[]) => void;
  };
  service: (name: string) => void;
  session: (channel: number, windowBytes: number, packetBytes: number) => void;
  authPK: (user: string, key: ParsedKey, algorithm?: string, sign?: ToSign) => void;
}

type Handler = (protocol: Protocol, ...rest: never[]) => void;
type ToSign = (data: Buffer, send: (signature: Buffer) => void) => void;

function isKnown({ service, session, authPK, _handlers: handlers }: Partial<Protocol>): boolean {
  const { SERVICE_ACCEPT, EXT_INFO, CHANNEL_OPEN_CONFIRMATION, CHANNEL_OPEN_FAILURE } = handlers ?? {};
  const needed = [
    service,
    session,
    authPK,
    SERVICE_ACCEPT,
    EXT_INFO,
    CHANNEL_OPEN_CONFIRMATION,
    CHANNEL_OPEN_FAILURE,
  ];
  return needed.every((each) => typeof each === 'function');
}

/** What ssh2 numbers its first channel with, and asks for with each. */
const FIRST = 0;
const WINDOW_BYTES = 2 * 1024 * 1024;
const PACKET_BYTES = 32 * 1024;

/**
 * What follows the attempt that lets us in belongs to the connection already (RFC 4252, 5.1: it MUST be passed on), and
 * OpenSSH keeps to that. Behind one that does not let us in it ends the connection (6), or counts for nothing: so only
 * where no other attempt would be left. The first session that ssh2 then asks for is this one; if it was refused, it may
 * have come too early, and is asked for once more.
 */
function sessionAhead(protocol: Protocol): () => void {
  const { _handlers: handlers, session } = protocol;
  const { CHANNEL_OPEN_CONFIRMATION: confirmed, CHANNEL_OPEN_FAILURE: refused } = handlers;
  const ask = () => session.call(protocol, FIRST, WINDOW_BYTES, PACKET_BYTES);
  let isUnanswered = false;
  let isUntaken = false;
  let answer: (() => void) | null = null;
  handlers.CHANNEL_OPEN_CONFIRMATION = (by, channel) => {
    const deliver = () => confirmed(by, channel);
    if (!isUnanswered || channel.recipient !== FIRST) return deliver();
    isUnanswered = false;
    if (isUntaken) answer = deliver;
    else deliver();
  };
  handlers.CHANNEL_OPEN_FAILURE = (by, recipient, ...why) => {
    if (!isUnanswered || recipient !== FIRST) return refused(by, recipient, ...why);
    isUnanswered = false;
    if (isUntaken) isUntaken = false;
    else ask();
  };
  protocol.session = (channel, windowBytes, packetBytes) => {
    if (!isUntaken || channel !== FIRST) return session.call(protocol, channel, windowBytes, packetBytes);
    isUntaken = false;
    if (answer !== null) process.nextTick(answer);
  };
  return () => {
    isUnanswered = true;
    isUntaken = true;
    ask();
  };
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

function signAtOnce(protocol: Protocol, signer: Haste['signer'], behind: () => void): void {
  const { authPK } = protocol;
  protocol.authPK = (user, key, algorithm, sign) => {
    const unasked = sign === undefined ? signer() : null;
    const show = (toSign?: ToSign) => authPK.call(protocol, user, key, algorithm, toSign);
    if (unasked === null) return show(sign);
    show((data, send) =>
      unasked(data, HASHES[algorithm ?? ''], (signature) => {
        if (signature === null) return show();
        send(signature);
        // An RSA key may be shown once more, with another hash.
        if (algorithm === undefined) behind();
      }),
    );
  };
}

const HASHES: Readonly<Record<string, string>> = {
  'rsa-sha2-256': 'sha256',
  'rsa-sha2-512': 'sha512',
  'ssh-rsa': 'sha1',
};
