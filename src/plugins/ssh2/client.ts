import type { Duplex } from 'node:stream';
import ssh2, { type AnyAuthMethod, type ConnectConfig, type ParsedKey } from 'ssh2';
import { hurryLogin, type Insides, type Sign } from './login/hurry.ts';
import { makeKeysOnce } from './login/keys.ts';
import { type Attempt, type Login, LoginError } from './login/login.ts';
import { type Session, sessionOf } from './session.ts';

// The only file that loads the ssh2 package: what it gets wrong by default at a login is put right here, once.

export type { Client, ClientChannel, InputAttributes, ParsedKey, SFTPWrapper } from 'ssh2';

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
    hurryLogin(client as Insides, {
      signer: () => signerOf(attempt),
      opensAhead: login.opensAhead,
    });
    await ready.promise;
    return sessionOf(client, login.socket);
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
