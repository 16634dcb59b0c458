import type { AuthContext } from 'ssh2';
import { expect, test } from 'vitest';
import { holds, isPassword, logIn } from '../testing/attempts.ts';
import { makeUser } from '../testing/client.ts';
import { makeKey, startTestServer } from '../testing/server.ts';

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
