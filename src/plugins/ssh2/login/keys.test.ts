import { KeyObject } from 'node:crypto';
import ssh2 from 'ssh2';
import { expect, test } from 'vitest';
import { startTestServer } from '../testing/server.ts';
import { makeKeysOnce } from './keys.ts';

interface Insides {
  readonly _protocol: {
    readonly _cipher: { readonly _encKey?: unknown; readonly constructor: { readonly name: string } };
    readonly _decipher: { readonly _decipherKey?: unknown; readonly constructor: { readonly name: string } };
  };
}

// Were this to fail one day, ssh2 has other names inside, or makes no key for each packet any more.
test.for([
  ['aes128-gcm@openssh.com', true],
  ['aes256-ctr', false],
] as const)('the keys of %s are made once, where that is so', async ([cipher, isOnce]) => {
  await using server = await startTestServer();
  const client = new ssh2.Client();
  const ready = new Promise<void>((resolve, reject) => client.on('ready', resolve).on('error', reject));
  client.on('handshake', () => makeKeysOnce(client));
  client.connect({
    host: '127.0.0.1',
    port: server.port,
    username: 'tester',
    password: 'right',
    algorithms: { cipher: [cipher] },
  });
  await ready;
  const { _cipher, _decipher } = (client as unknown as Insides)._protocol;
  const isNative = _cipher.constructor.name.endsWith('Native');
  expect(_cipher._encKey instanceof KeyObject).toBe(isOnce && isNative);
  expect(_decipher._decipherKey instanceof KeyObject).toBe(isOnce && isNative);
  client.end();
});
