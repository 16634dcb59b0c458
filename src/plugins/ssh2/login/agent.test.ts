import { execFileSync } from 'node:child_process';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import type { AuthContext } from 'ssh2';
import { expect, test } from 'vitest';
import { startAgent } from '../testing/agent.ts';
import { holds, isPassword, logIn } from '../testing/attempts.ts';
import { makeUser } from '../testing/client.ts';
import { makeKey, startTestServer } from '../testing/server.ts';
import { sshString } from '../testing/sshString.ts';
import { listAgentKeys } from './agent.ts';

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
  const identities = Buffer.concat([Buffer.from([12, 0, 0, 0, 1]), sshString(blob), sshString('mine')]);
  const agent = createServer((socket) => {
    // A request to sign is 13; 5 says no.
    socket.on('data', (request) =>
      socket.write(sshString(request[4] === 11 ? identities : Buffer.from([5]))),
    );
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
