import { createSecretKey } from 'node:crypto';

/** What is inside of a client of ssh2 1.17, which is pinned, once hands were shaken. */
interface Insides {
  readonly _protocol?: {
    readonly _cipher?: { _encKey?: unknown };
    readonly _decipher?: { _decipherKey?: unknown };
  };
}

/**
 * For AES-GCM ssh2 hands over the bytes of a key with each packet, and to make a key of them costs twice what a small packet
 * does otherwise. It takes a key that was made once as well. Other ciphers, and what is not known here, stay as they are.
 */
export function makeKeysOnce(client: object): void {
  const { _cipher: cipher, _decipher: decipher } = (client as Insides)._protocol ?? {};
  if (Buffer.isBuffer(cipher?._encKey)) cipher._encKey = createSecretKey(cipher._encKey);
  if (Buffer.isBuffer(decipher?._decipherKey)) {
    decipher._decipherKey = createSecretKey(decipher._decipherKey);
  }
}
