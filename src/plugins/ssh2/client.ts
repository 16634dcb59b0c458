import type { Duplex } from 'node:stream';
import ssh2, {
  type AnyAuthMethod,
  type Client,
  type ClientChannel,
  type ConnectConfig,
  type ParsedKey,
  type SFTPWrapper,
} from 'ssh2';
import { CutoverError, type ErrorCode, type Exit, messageOf } from '../../core/contract/index.ts';
import { wordsFor } from './link/words.ts';
import { hurryLogin, type Insides, type Sign } from './login/hurry.ts';
import { makeKeysOnce } from './login/keys.ts';
import { type Attempt, type Login, LoginError } from './login/login.ts';

// The only file that knows the ssh2 package: what it gets wrong by default is put right here, once.

export type { ClientChannel, InputAttributes, ParsedKey, SFTPWrapper } from 'ssh2';

/** A link on which somebody is logged in. */
export interface Session {
  /**
   * These three reject when the server refuses the channel, when the link goes, and after 20 s. `exec` says `E_UNKNOWN`
   * where the command may have started all the same.
   */
  readonly exec: (command: string) => Promise<Command>;
  readonly sftp: () => Promise<SftpChannel>;
  readonly forward: (host: string, port: number) => Promise<Duplex>;
  /** Resolves when the link is gone: null when we ended it, else why. */
  readonly gone: Promise<string | null>;
  readonly end: () => Promise<void>;
}

/**
 * A command that runs. Its end is listened for from the first moment: an answer that comes in one packet with the
 * consent would else be missed.
 */
export interface Command {
  readonly channel: ClientChannel;
  /** Resolves when an exit status or signal comes; never, when none does. */
  readonly exit: Promise<Exit>;
}

export interface SftpChannel {
  readonly channel: SFTPWrapper;
  readonly extensions: ReadonlySet<string>;
  /** Resolves when the channel is of no more use, with why. */
  readonly lost: Promise<string>;
}

/** Shakes hands and logs in. Rejects with a LoginError, or with the signal's reason. */
export async function logIn(login: Login): Promise<Session> {
  const { signal } = login;
  signal.throwIfAborted();
  const client = new ssh2.Client();
  const ready = Promise.withResolvers<void>();
  let stage: LoginError['stage'] = 'handshake';
  const abort = () => ready.reject(signal.reason);
  const fail = (error: Error & { level?: string }) => {
    // A key that the agent does not sign with is one attempt less, no more.
    if (error.level === 'agent') login.onRemark(`The agent: ${error.message}`);
    else ready.reject(new LoginError(stage, error));
  };
  client
    .on('handshake', () => {
      stage = 'login';
      makeKeysOnce(client);
    })
    .on('banner', (text) => login.onRemark(`The server says: ${text.trim()}`))
    .on('change password', () => fail(refusal('the password has expired, and the server wants a new one')))
    .on('ready', () => ready.resolve())
    .on('error', fail)
    .on('close', () => fail(new Error('the server closed the connection')));
  signal.addEventListener('abort', abort, { once: true });
  try {
    let attempt: Attempt | null = null;
    client.connect(
      settings(login, (accepted) => {
        attempt = login.nextAttempt(accepted);
        return attempt;
      }),
    );
    hurryLogin(client as Insides, () => signerOf(attempt));
    await ready.promise;
    return session(client, login.socket);
  } catch (error) {
    client.destroy();
    login.socket.destroy();
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** Reads a key, public or private. Throws with the reason where it cannot. */
export function parseKey(text: Buffer | string, passphrase?: string): ParsedKey {
  const parsed: ParsedKey | Error | ParsedKey[] = ssh2.utils.parseKey(text, passphrase);
  if (parsed instanceof Error) throw parsed;
  const key = Array.isArray(parsed) ? parsed[0] : parsed;
  if (key === undefined) throw new Error('there is no key in it');
  return key;
}

const OPEN_TIMEOUT_MS = 20_000;
const END_TIMEOUT_MS = 1_000;

function refusal(text: string): Error & { level: string } {
  return Object.assign(new Error(text), { level: 'client-authentication' });
}

function settings(login: Login, nextAttempt: Login['nextAttempt']): ConnectConfig {
  return {
    sock: inOnePiece(login.socket),
    username: login.user,
    ident: 'cutover',
    readyTimeout: login.timeoutMs,
    keepaliveInterval: login.keepaliveIntervalMs,
    keepaliveCountMax: login.keepaliveCountMax,
    hostVerifier: (key: Buffer): boolean => login.verify(key) === true,
    authHandler: (accepted, _partial, next) =>
      next(authentication(login, nextAttempt(accepted)) as AnyAuthMethod),
    algorithms: {
      serverHostKey: [...login.hostKeyAlgorithms] as never,
      hmac: [
        'hmac-sha2-256-etm@openssh.com',
        'hmac-sha2-512-etm@openssh.com',
        'hmac-sha2-256',
        'hmac-sha2-512',
      ],
    },
  };
}

/** ssh2 writes each packet in three parts, and each would travel alone where small packets are sent at once. */
function inOnePiece(socket: Duplex): Duplex {
  const write = socket.write.bind(socket);
  let isHeld = false;
  const release = () => {
    isHeld = false;
    socket.uncork();
  };
  return Object.assign(socket, {
    write: (chunk: Buffer) => {
      if (!isHeld) {
        isHeld = true;
        socket.cork();
        process.nextTick(release);
      }
      return write(chunk);
    },
  });
}

function authentication({ user: username }: Login, attempt: Attempt | null): AnyAuthMethod | false {
  switch (attempt?.type) {
    case undefined:
      return false;
    case 'key':
      return { type: 'publickey', username, key: attempt.key };
    case 'agent':
      return { type: 'agent', username, agent: agentWith(attempt.socket, attempt.key) };
    case 'password':
      return { type: 'password', username, password: attempt.password };
    case 'keyboard-interactive':
      return {
        type: 'keyboard-interactive',
        username,
        prompt: (_name, _instructions, _language, prompts, finish) => {
          const asked = prompts.map(({ prompt, echo }) => ({ text: prompt, echo: echo === true }));
          finish([...attempt.answer(asked)]);
        },
      };
    case 'none':
      return { type: 'none', username };
  }
}

/** Who has an agent may be asked before it signs, so it is not asked to before the server wants that very key. */
function signerOf(attempt: Attempt | null): Sign | null {
  if (attempt?.type === 'key') {
    return (data, hash, done) => {
      const signature: Buffer | Error = attempt.key.sign(data, hash);
      done(signature instanceof Error ? null : signature);
    };
  }
  if (attempt?.type !== 'agent' || !attempt.isOnlyKey) return null;
  const { socket, key } = attempt;
  return (data, hash, done) =>
    ssh2
      .createAgent(socket)
      .sign(key, data, hash === undefined ? {} : { hash: hash as 'sha256' }, (error, signature) =>
        done(error ? null : (signature ?? null)),
      );
}

/** An agent that shows one key only: each key is an attempt of its own, and we choose which and in what order. */
function agentWith(socket: string, key: ParsedKey) {
  return Object.assign(ssh2.createAgent(socket), {
    getIdentities: (done: (error: Error | undefined, keys: ParsedKey[]) => void) => done(undefined, [key]),
  });
}

function session(client: Client, socket: Duplex): Session {
  const gone = Promise.withResolvers<string | null>();
  const closed = Promise.withResolvers<void>();
  const leave = (reason: string) => gone.resolve(reason);
  client
    .removeAllListeners()
    .on('handshake', () => makeKeysOnce(client))
    .on('error', (error) => {
      leave(wordsFor(error));
      client.destroy();
    })
    .on('end', () => leave('the server closed the connection'))
    .on('close', () => {
      leave('the connection was closed');
      closed.resolve();
    });

  const open = <T>(
    what: string,
    start: (done: Done<T>) => void,
    discard: (late: T) => void,
    whenUnanswered?: ErrorCode,
  ) => openChannel(gone.promise, what, start, discard, whenUnanswered);
  return {
    exec: (command) =>
      open<Command>(
        'start a command',
        (done) => client.exec(command, (error, channel) => done(error, watchCommand(channel))),
        (late) => late.channel.close(),
        'E_UNKNOWN',
      ),
    sftp: () =>
      open<SftpChannel>(
        'start SFTP',
        (done) => client.sftp((error, channel) => done(error, watchSftp(channel))),
        (late) => late.channel.end(),
      ),
    forward: (host, port) =>
      open<ClientChannel>(
        `reach ${host}:${port} through the jump host`,
        (done) => client.forwardOut('127.0.0.1', 0, host, port, done),
        (late) => late.close(),
      ),
    gone: gone.promise,
    end: () => {
      gone.resolve(null);
      return end(client, socket, closed.promise);
    },
  };
}

function watchCommand(channel: ClientChannel): Command {
  const exit = Promise.withResolvers<Exit>();
  channel?.once('exit', (code: number | null, killedBy?: string) => {
    if (code !== null) exit.resolve({ type: 'code', code });
    else exit.resolve({ type: 'signal', signal: killedBy ?? 'unnamed' });
  });
  return { channel, exit: exit.promise };
}

function watchSftp(channel: SFTPWrapper): SftpChannel {
  const lost = Promise.withResolvers<string>();
  for (const event of ['end', 'close']) channel?.on(event, () => lost.resolve('the SFTP channel was closed'));
  // One that stays: an error that nobody listens for ends the process.
  channel?.on('error', (error: Error) => lost.resolve(`SFTP failed (${error.message})`));
  const { _extensions } = (channel ?? {}) as { _extensions?: Readonly<Record<string, string>> };
  return { channel, extensions: new Set(Object.keys(_extensions ?? {})), lost: lost.promise };
}

type Done<T> = (error: Error | undefined, value: T) => void;

/** ssh2 has no deadline here, and may never call back. A channel that comes too late is closed. */
function openChannel<T>(
  gone: Promise<string | null>,
  what: string,
  start: (done: Done<T>) => void,
  discard: (late: T) => void,
  whenUnanswered: ErrorCode = 'E_UNREACHABLE',
): Promise<T> {
  return new Promise((resolve, reject) => {
    let over = false;
    const finish = (settle: () => void) => {
      over = true;
      clearTimeout(timer);
      settle();
    };
    const fail = (code: ErrorCode, why: string) =>
      finish(() => reject(new CutoverError(code, `Could not ${what}: ${why}.`)));
    const timer = setTimeout(() => {
      fail(whenUnanswered, `the server did not answer within ${OPEN_TIMEOUT_MS / 1000} s`);
    }, OPEN_TIMEOUT_MS);
    void gone.then((reason) => fail(whenUnanswered, reason ?? 'the connection was closed'));
    try {
      start((error, value) => {
        if (!over) finish(() => (error ? reject(error) : resolve(value)));
        else if (!error) discard(value);
      });
    } catch (error) {
      // ssh2 throws, and does not call back, where the link is gone already.
      fail('E_UNREACHABLE', messageOf(error));
    }
  });
}

/** Until the farewell is on its way. It is not answered; a peer that no longer reads is left without. */
async function end(client: Client, socket: Duplex, closed: Promise<void>): Promise<void> {
  const patience = Promise.withResolvers<void>();
  const timer = setTimeout(patience.resolve, END_TIMEOUT_MS);
  if (socket.writableFinished) patience.resolve();
  socket.once('finish', patience.resolve);
  client.end();
  await Promise.race([closed, patience.promise]);
  clearTimeout(timer);
  client.destroy();
}
