import { createHmac } from 'node:crypto';
import { keyType } from './fingerprint.ts';

/** One line of a known_hosts file: sshd(8), SSH_KNOWN_HOSTS FILE FORMAT. */
export interface KnownHost {
  readonly marker: 'revoked' | 'cert-authority' | null;
  /** Comma-separated patterns, or one hashed name. */
  readonly names: string;
  readonly type: string;
  readonly key: Buffer;
  /** `file:line`, for messages. */
  readonly at: string;
}

/** Lines that say nothing or make no sense are passed over, as OpenSSH does. */
export function parseKnownHosts(text: string, file: string): readonly KnownHost[] {
  return text.split(/\r?\n/).flatMap((line, index) => parseLine(line, `${file}:${index + 1}`) ?? []);
}

/** Whether a line speaks of this name: `host`, or `[host]:port` for a port that is not 22. */
export function speaksOf(entry: KnownHost, name: string): boolean {
  const asked = name.toLowerCase();
  return entry.names.startsWith('|')
    ? matchesHash(entry.names, asked)
    : matchesPatterns(entry.names.toLowerCase().split(','), asked);
}

/** The name under which a host is looked up. */
export function knownHostsName(host: string, port: number): string {
  return port === 22 ? host.toLowerCase() : `[${host.toLowerCase()}]:${port}`;
}

function parseLine(line: string, at: string): KnownHost | null {
  const words = line.trim().split(/\s+/);
  const marker = words[0]?.startsWith('@') ? words.shift() : null;
  const [names, type, base64] = words;
  if (names === undefined || names.startsWith('#') || type === undefined || base64 === undefined) return null;
  if (marker !== null && marker !== '@revoked' && marker !== '@cert-authority') return null;
  const key = Buffer.from(base64, 'base64');
  if (keyType(key) !== type) return null;
  const kind = marker === null ? null : marker === '@revoked' ? 'revoked' : 'cert-authority';
  return { marker: kind, names, type, key, at };
}

/** `|1|salt|HMAC-SHA1(salt, name)`, both in base64. */
function matchesHash(hashed: string, name: string): boolean {
  const [, version, salt, hash] = hashed.split('|');
  if (version !== '1' || salt === undefined || hash === undefined) return false;
  const mac = createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest();
  return mac.equals(Buffer.from(hash, 'base64'));
}

/** A negated pattern that matches outweighs all others. */
function matchesPatterns(patterns: readonly string[], name: string): boolean {
  const negated = patterns.filter((pattern) => pattern.startsWith('!')).map((pattern) => pattern.slice(1));
  if (negated.some((pattern) => matchesPattern(pattern, name))) return false;
  return patterns.some((pattern) => !pattern.startsWith('!') && matchesPattern(pattern, name));
}

/** `*` is any run of characters, `?` any one. Linear: these files may come from elsewhere. */
function matchesPattern(pattern: string, name: string): boolean {
  let at = 0;
  let from = 0;
  let star = -1;
  let resume = 0;
  while (from < name.length) {
    if (pattern[at] === '*') {
      star = at++;
      resume = from;
    } else if (at < pattern.length && (pattern[at] === '?' || pattern[at] === name[from])) {
      at++;
      from++;
    } else if (star >= 0) {
      at = star + 1;
      from = ++resume;
    } else return false;
  }
  while (pattern[at] === '*') at++;
  return at === pattern.length;
}
