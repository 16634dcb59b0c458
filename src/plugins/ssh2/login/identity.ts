import { access, readFile } from 'node:fs/promises';
import { messageOf } from '../../../core/contract/index.ts';
import { type ParsedKey, parseKey } from '../client.ts';
import { keyType } from '../hostKeys/fingerprint.ts';

/** What was found in an identity file. `publicKey` is null where it can only be known by decrypting. */
export type Identity =
  | { readonly type: 'usable'; readonly file: string; readonly key: ParsedKey; readonly publicKey: Buffer }
  | { readonly type: 'locked'; readonly file: string; readonly publicKey: Buffer | null }
  | { readonly type: 'public'; readonly file: string; readonly publicKey: Buffer }
  | { readonly type: 'missing'; readonly file: string }
  | { readonly type: 'broken'; readonly file: string; readonly why: string };

/** Reads one identity file. A passphrase is only used where the key is encrypted; a wrong one makes it `broken`. */
export async function readIdentity(file: string, passphrase: string | null): Promise<Identity> {
  let text: Buffer;
  try {
    text = await readFile(file);
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    return missing ? { type: 'missing', file } : { type: 'broken', file, why: messageOf(error) };
  }
  try {
    return parsed(file, parseKey(text));
  } catch (error) {
    if (!/no passphrase given/.test(messageOf(error))) return broken(file, messageOf(error));
  }
  const publicKey = (await publicKeyBeside(file)) ?? publicKeyInside(text);
  if (passphrase === null) return { type: 'locked', file, publicKey };
  try {
    return parsed(file, parseKey(text, passphrase));
  } catch {
    return { type: 'broken', file, why: 'the passphrase does not open it' };
  }
}

/** Whether a certificate lies beside the key, which ssh2 cannot use. */
export async function hasCertificate(file: string): Promise<boolean> {
  return access(`${file}-cert.pub`).then(
    () => true,
    () => false,
  );
}

function parsed(file: string, key: ParsedKey): Identity {
  const publicKey = key.getPublicSSH();
  return key.isPrivateKey() ? { type: 'usable', file, key, publicKey } : { type: 'public', file, publicKey };
}

function broken(file: string, message: string): Identity {
  const unsupported = /(?:sk-[\w-]+|[\w-]+-cert-v0\d)@openssh\.com/.exec(message)?.[0];
  if (unsupported !== undefined)
    return { type: 'broken', file, why: `${unsupported} is not supported by the ssh2 transport` };
  const format = /Unsupported key format/.test(message);
  return {
    type: 'broken',
    file,
    why: format
      ? `not a key that can be read (\`ssh-keygen -p -f ${file}\` writes it in OpenSSH's format)`
      : message,
  };
}

async function publicKeyBeside(file: string): Promise<Buffer | null> {
  try {
    return parseKey(await readFile(`${file}.pub`)).getPublicSSH();
  } catch {
    return null;
  }
}

/** OpenSSH's own format has the public key in clear before the encrypted part (PROTOCOL.key). */
function publicKeyInside(text: Buffer): Buffer | null {
  const base64 = /-----BEGIN OPENSSH PRIVATE KEY-----([\s\S]+?)-----END/.exec(text.toString('latin1'))?.[1];
  if (base64 === undefined) return null;
  const data = Buffer.from(base64, 'base64');
  try {
    let at = 'openssh-key-v1\0'.length;
    const skip = () => {
      at += 4 + data.readUInt32BE(at);
    };
    skip(); // cipher
    skip(); // key derivation
    skip(); // its options
    at += 4; // number of keys
    const key = data.subarray(at + 4, at + 4 + data.readUInt32BE(at));
    return keyType(key) === 'unknown' ? null : key;
  } catch {
    return null;
  }
}
