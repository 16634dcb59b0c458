import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeUser } from '../testing/client.ts';
import { sshString } from '../testing/sshString.ts';
import { readIdentity } from './identity.ts';

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

/** A private key file of a security key, as far as its type: nothing more is read. */
function makeHardwareKey(): string {
  const one = Buffer.from([0, 0, 0, 1]);
  const publicKey = Buffer.concat([
    sshString('sk-ssh-ed25519@openssh.com'),
    sshString(Buffer.alloc(32)),
    sshString('ssh:'),
  ]);
  const check = Buffer.from([1, 2, 3, 4, 1, 2, 3, 4]);
  const body = Buffer.concat([
    check,
    publicKey,
    Buffer.from([1]),
    sshString(Buffer.alloc(64)),
    sshString(''),
    sshString('me'),
  ]);
  const padding = Buffer.from(Array.from({ length: (8 - (body.length % 8)) % 8 }, (_, index) => index + 1));
  const data = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    sshString('none'),
    sshString('none'),
    sshString(''),
    one,
    sshString(publicKey),
    sshString(Buffer.concat([body, padding])),
  ]);
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${data.toString('base64').replace(/(.{70})/g, '$1\n')}\n-----END OPENSSH PRIVATE KEY-----\n`;
}
