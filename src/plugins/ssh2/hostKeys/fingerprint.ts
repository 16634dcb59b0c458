import { createHash } from 'node:crypto';

/** `SHA256:…` as OpenSSH prints it: base64 without padding. */
export function fingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

/** The name of a key's type, which stands first in its public form (RFC 4253, 6.6). */
export function keyType(key: Buffer): string {
  if (key.length < 4) return 'unknown';
  const length = key.readUInt32BE(0);
  return length > 0 && length <= 64 ? key.subarray(4, 4 + length).toString('latin1') : 'unknown';
}
