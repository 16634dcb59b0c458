import { execFileSync } from 'node:child_process';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import type { AuthContext, PublicKeyAuthContext } from 'ssh2';
import { expect, test } from 'vitest';
import type { Json } from '../../../core/contract/index.ts';
import { startAgent } from '../testing/agent.ts';
import { makeUser, type TestUser } from '../testing/client.ts';
import { type MadeKey, makeKey, startTestServer, type TestServer } from '../testing/server.ts';
import { listAgentKeys } from './agent.ts';
import { readIdentity } from './identity.ts';

test('a key logs in, and its signature is checked', async () => {
  const key = makeKey('ed25519');
  await using server = await startTestServer({ mayLogIn: holds(key) });
  await using user = await makeUser();
  await user.trust(server);
  await logIn(user, server, { identityFile: await user.write('deploy', key.private) });
});

test.each(['ed25519', 'ecdsa', 'rsa'] as const)(
  'an encrypted %s key opens with its passphrase',
  async (type) => {
    const key = makeKey(type, 'open');
    await using server = await startTestServer({ mayLogIn: holds(key) });
    await using user = await makeUser({ secrets: { PHRASE: 'open', WRONG: 'shut' } });
    await user.trust(server);
    const identityFile = await user.write('deploy', key.private);
    await logIn(user, server, { identityFile, passphrase: { env: 'PHRASE' } });
    await expect(logIn(user, server, { identityFile, passphrase: { env: 'WRONG' } })).rejects.toMatchObject({
      code: 'E_AUTHENTICATION',
      message: expect.stringContaining(
        `the key ${identityFile} cannot be used: the passphrase does not open it`,
      ),
    });
  },
);

test('an encrypted key without passphrase is refused at once, without asking and without connecting', async () => {
  await using server = await startTestServer();
  await using user = await makeUser();
  await user.trust(server);
  const identityFile = await user.write('deploy', makeKey('ed25519', 'open').private);
  await expect(logIn(user, server, { identityFile })).rejects.toMatchObject({
    code: 'E_AUTHENTICATION',
    message: expect.stringContaining(`the key ${identityFile} needs a passphrase, and no agent has it`),
    hint: expect.stringContaining(`ssh-add ${identityFile}`),
  });
  expect(server.accepted()).toBe(0);
});

test('an encrypted key is used through the agent, recognised without its .pub file', async () => {
  const [plain, others] = [makeKey('ed25519'), Array.from({ length: 7 }, () => makeKey('ed25519'))];
  await using server = await startTestServer({ mayLogIn: holds(plain) });
  await using agent = await startAgent([...others, plain]);
  await using user = await makeUser();
  await user.trust(server);
  const identityFile = await user.write('deploy', plain.private);
  execFileSync('ssh-keygen', ['-q', '-p', '-N', 'secret', '-f', identityFile]);
  await logIn(user, server, { identityFile, agent: agent.socket });
  // The query and the signature: none of the seven wrong ones was shown.
  expect(server.attempts).toEqual(['publickey', 'publickey']);
});

test('seven wrong keys in the agent do not use up the attempts that the password needs', async () => {
  await using server = await startTestServer({
    authenticate: strictly((attempt) => isPassword(attempt, 'right')),
  });
  await using agent = await startAgent(Array.from({ length: 7 }, () => makeKey('ed25519')));
  await using user = await makeUser();
  await user.trust(server);
  await logIn(user, server, { agent: agent.socket, password: { env: 'PASSWORD' } });
  expect(server.attempts.length).toBeLessThanOrEqual(6);
});

test('a key that the agent does not sign with is one attempt less, no more', async () => {
  const key = makeKey('ed25519');
  await using server = await startTestServer({
    mayLogIn: (attempt) => holds(key)(attempt) || isPassword(attempt, 'right'),
  });
  await using user = await makeUser();
  await user.trust(server);
  const blob = Buffer.from(key.public.split(' ')[1] ?? '', 'base64');
  const identities = Buffer.concat([Buffer.from([12, 0, 0, 0, 1]), text(blob), text('mine')]);
  const agent = createServer((socket) => {
    // A request to sign is 13; 5 says no.
    socket.on('data', (request) => socket.write(text(request[4] === 11 ? identities : Buffer.from([5]))));
  }).listen(join(user.home, 'agent'));
  await logIn(user, server, { agent: join(user.home, 'agent'), password: { env: 'PASSWORD' } });
  expect(server.attempts).toEqual(['publickey', 'password']);
  agent.close();
});

test('the agent of the environment is used, and a stale one is told of', async () => {
  const key = makeKey('rsa');
  await using server = await startTestServer({ mayLogIn: holds(key) });
  await using agent = await startAgent([makeKey('ed25519'), key]);
  await using user = await makeUser({ env: { SSH_AUTH_SOCK: agent.socket } });
  await user.trust(server);
  await logIn(user, server);
  await using stale = await makeUser({ env: { SSH_AUTH_SOCK: join(user.home, 'gone') } });
  await stale.trust(server);
  await expect(logIn(stale, server)).rejects.toMatchObject({
    code: 'E_AUTHENTICATION',
    message: expect.stringContaining(`the agent at ${join(user.home, 'gone')} could not be asked`),
    hint: expect.stringContaining('ssh-add'),
  });
});

test('default key files are tried, and ssh_config names others', async () => {
  const key = makeKey('ecdsa');
  await using server = await startTestServer({ mayLogIn: holds(key) });
  await using user = await makeUser();
  await user.trust(server);
  await user.write('id_ecdsa', key.private);
  await logIn(user, server);
  await using other = await makeUser();
  await other.write('elsewhere', key.private);
  await other.write(
    'config',
    `Host shop\n  HostName 127.0.0.1\n  Port ${server.port}\n  User ann\n  IdentityFile ~/.ssh/elsewhere\n`,
  );
  await other.trust(server);
  await other.connect({ host: 'shop' });
});

test('a refused login names all that was tried, and what the server would take', async () => {
  await using server = await startTestServer({ mayLogIn: () => false });
  await using user = await makeUser();
  await user.trust(server);
  const identityFile = await user.write('deploy', makeKey('ed25519').private);
  const locked = await user.write('id_rsa', makeKey('rsa', 'x').private);
  await expect(logIn(user, server, { identityFile, password: { env: 'PASSWORD' } })).rejects.toMatchObject({
    code: 'E_AUTHENTICATION',
    message:
      `The server refused to log in ann@127.0.0.1:${server.port}. Tried: key ${identityFile}, the password, ` +
      'the password, keyboard-interactive. It takes: publickey, password, keyboard-interactive.',
    hint: expect.stringContaining(`ssh -v -p ${server.port} ann@127.0.0.1`),
  });
  await expect(logIn(user, server, { password: { env: 'PASSWORD' } })).rejects.toThrow(
    `Note: ${locked} needs a passphrase`,
  );
});

test('what the server says is passed on', async () => {
  await using server = await startTestServer({ mayLogIn: () => false, banner: 'Closed until Monday.\n' });
  await using user = await makeUser();
  await user.trust(server);
  await expect(user.connectTo(server)).rejects.toThrow('The server says: Closed until Monday.');
});

test('methods that the server does not take are not tried', async () => {
  const takes = (attempt: AuthContext) => attempt.reject(['keyboard-interactive']);
  await using server = await startTestServer({ authenticate: takes });
  await using user = await makeUser();
  await user.trust(server);
  const identityFile = await user.write('deploy', makeKey('ed25519').private);
  await expect(logIn(user, server, { identityFile, password: { env: 'PASSWORD' } })).rejects.toThrow(
    'It takes: keyboard-interactive.',
  );
  expect(server.attempts).toEqual(['publickey', 'keyboard-interactive']);
});

test('a hidden prompt gets the password; a second one nobody can answer', async () => {
  const answers: string[][] = [];
  const ask = (attempt: AuthContext, ...rounds: string[]) => {
    if (attempt.method !== 'keyboard-interactive') return attempt.reject(['keyboard-interactive']);
    const next = () => {
      const prompt = rounds.shift();
      if (prompt === undefined)
        return answers.every(([answer]) => answer !== '') ? attempt.accept() : attempt.reject();
      attempt.prompt([{ prompt, echo: false }], (given) => {
        answers.push(given);
        next();
      });
    };
    next();
  };
  let rounds = ['Password: '];
  await using server = await startTestServer({ authenticate: (attempt) => ask(attempt, ...rounds) });
  await using user = await makeUser();
  await user.trust(server);
  await user.connectTo(server);
  rounds = ['Password: ', 'Verification code: '];
  await expect(user.connectTo(server)).rejects.toThrow(
    'The server asks "Verification code:", which nobody is here to answer.',
  );
  expect(answers).toEqual([['right'], ['right'], ['']]);
});

test('two factors: a key, then the password', async () => {
  const key = makeKey('ed25519');
  let keyDone = false;
  const authenticate = (attempt: AuthContext) => {
    if (attempt.method === 'publickey' && holds(key)(attempt)) {
      if (attempt.signature === undefined) return attempt.accept();
      keyDone = true;
      return attempt.reject(['password'], true);
    }
    if (keyDone && isPassword(attempt, 'right')) return attempt.accept();
    return attempt.reject(keyDone ? ['password'] : ['publickey']);
  };
  await using server = await startTestServer({ authenticate });
  await using user = await makeUser();
  await user.trust(server);
  const identityFile = await user.write('deploy', key.private);
  await logIn(user, server, { identityFile, password: { env: 'PASSWORD' } });
});

test('key files that cannot be used say why', async () => {
  await using user = await makeUser();
  const junk = await user.write('junk', 'no key\n');
  expect(await readIdentity(junk, null)).toMatchObject({
    type: 'broken',
    why: expect.stringContaining('ssh-keygen -p -f'),
  });
  expect(await readIdentity(join(user.home, 'absent'), null)).toMatchObject({ type: 'missing' });
  expect(await readIdentity(user.home, null)).toMatchObject({ type: 'broken' });
  const hardware = makeHardwareKey();
  expect(await readIdentity(await user.write('id_sk', hardware), null)).toMatchObject({
    type: 'broken',
    why: 'sk-ssh-ed25519@openssh.com is not supported by the ssh2 transport',
  });
});

test('an agent that hangs up or stays silent is given up', async () => {
  await using user = await makeUser();
  for (const [name, serve, why] of [
    ['rude', (socket: Socket) => socket.destroy(), /hung up|was reset|was cut/],
    ['silent', () => {}, /does not answer/],
    ['odd', (socket: Socket) => socket.end(Buffer.from([0, 0, 0, 1, 5])), /makes no sense/],
  ] as const) {
    const sockets: Socket[] = [];
    const agent = createServer((socket) => {
      sockets.push(socket);
      serve(socket);
    }).listen(join(user.home, name));
    await expect(listAgentKeys(join(user.home, name), 50)).rejects.toThrow(why);
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => agent.close(resolve));
  }
});

function logIn(user: TestUser, server: TestServer, more: { readonly [name: string]: Json } = {}) {
  return user.connect({ host: '127.0.0.1', port: server.port, user: 'ann', ...more });
}

function holds(key: MadeKey): (attempt: AuthContext) => boolean {
  const wanted = Buffer.from(key.public.split(' ')[1] ?? '', 'base64');
  return (attempt) =>
    attempt.method === 'publickey' && (attempt as PublicKeyAuthContext).key.data.equals(wanted);
}

function isPassword(attempt: AuthContext, password: string): boolean {
  return attempt.method === 'password' && attempt.password === password;
}

/** Counts as sshd does: it hangs up after the sixth attempt that failed. */
function strictly(may: (attempt: AuthContext) => boolean): (attempt: AuthContext) => void {
  let failed = 0;
  return (attempt) => {
    if (may(attempt)) return attempt.accept();
    if (attempt.method !== 'none' && ++failed >= 6) {
      const { _protocol } = attempt as unknown as { _protocol: { disconnect(reason: number): void } };
      _protocol.disconnect(2);
      return;
    }
    attempt.reject(['publickey', 'password']);
  };
}

/** A private key file of a security key, as far as its type: nothing more is read. */
function makeHardwareKey(): string {
  const one = Buffer.from([0, 0, 0, 1]);
  const publicKey = Buffer.concat([text('sk-ssh-ed25519@openssh.com'), text(Buffer.alloc(32)), text('ssh:')]);
  const check = Buffer.from([1, 2, 3, 4, 1, 2, 3, 4]);
  const body = Buffer.concat([
    check,
    publicKey,
    Buffer.from([1]),
    text(Buffer.alloc(64)),
    text(''),
    text('me'),
  ]);
  const padding = Buffer.from(Array.from({ length: (8 - (body.length % 8)) % 8 }, (_, index) => index + 1));
  const data = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    text('none'),
    text('none'),
    text(''),
    one,
    text(publicKey),
    text(Buffer.concat([body, padding])),
  ]);
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${data.toString('base64').replace(/(.{70})/g, '$1\n')}\n-----END OPENSSH PRIVATE KEY-----\n`;
}

/** A string of the SSH protocol: its length, then its bytes. */
function text(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value as string);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
