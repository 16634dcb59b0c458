import { fingerprint, keyType } from './fingerprint.ts';
import { type KnownHost, speaksOf } from './knownHosts.ts';

/** What is known of one host before it is contacted. */
export interface Trust {
  readonly knownHosts: readonly KnownHost[];
  /** `host` or `[host]:port`. */
  readonly name: string;
  /** The name without the port, which OpenSSH also accepts; null where there is none. */
  readonly nameWithoutPort: string | null;
  /** Fingerprints from the configuration; when there are any, they alone decide. */
  readonly pinned: readonly string[];
  readonly acceptNew: boolean;
}

export type Verdict =
  | { readonly type: 'trusted' }
  /** Not known, but the user lets new keys in: it is to be remembered. */
  | { readonly type: 'accepted' }
  | { readonly type: 'unknown'; readonly otherTypes: readonly string[]; readonly authorityAt: string | null }
  | { readonly type: 'changed'; readonly knownAs: string; readonly at: string }
  | { readonly type: 'notPinned' }
  | { readonly type: 'revoked'; readonly at: string };

/** Decides on a host key as OpenSSH does (sshconnect.c, check_host_key), without ever asking. */
export function judge(trust: Trust, key: Buffer): Verdict {
  const ofHost = trust.knownHosts.filter((entry) => speaksOf(entry, trust.name));
  const ofBareHost = trust.knownHosts.filter(
    (entry) => trust.nameWithoutPort !== null && speaksOf(entry, trust.nameWithoutPort),
  );
  const same = (entry: KnownHost) => entry.key.equals(key);

  const revoked = [...ofHost, ...ofBareHost].find((entry) => entry.marker === 'revoked' && same(entry));
  if (revoked !== undefined) return { type: 'revoked', at: revoked.at };
  if (trust.pinned.length > 0) {
    return { type: trust.pinned.includes(fingerprint(key)) ? 'trusted' : 'notPinned' };
  }
  const plain = ofHost.filter((entry) => entry.marker === null);
  if (plain.some(same)) return { type: 'trusted' };
  const other = plain.find((entry) => entry.type === keyType(key));
  if (other !== undefined) {
    return { type: 'changed', knownAs: fingerprint(other.key), at: other.at };
  }
  if (ofBareHost.some((entry) => entry.marker === null && same(entry))) return { type: 'trusted' };
  if (plain.length === 0 && trust.acceptNew) return { type: 'accepted' };
  const authority = ofHost.find((entry) => entry.marker === 'cert-authority');
  return {
    type: 'unknown',
    otherTypes: [...new Set(plain.map((entry) => entry.type))],
    authorityAt: authority?.at ?? null,
  };
}

/**
 * The host key algorithms to offer, those of keys that are known first: else a server that is known by its RSA key
 * would show another one and look unknown. RSA with SHA-1 and DSA are never offered.
 */
export function hostKeyAlgorithms(trust: Trust): readonly string[] {
  const known = trust.knownHosts
    .filter((entry) => entry.marker === null)
    .filter(
      (entry) =>
        speaksOf(entry, trust.name) ||
        (trust.nameWithoutPort !== null && speaksOf(entry, trust.nameWithoutPort)),
    )
    .flatMap((entry) => algorithmsFor(entry.type))
    .filter((algorithm) => ALGORITHMS.includes(algorithm));
  return [...new Set([...known, ...ALGORITHMS])];
}

/** The algorithms by which a server proves that it has a key of this type. */
export function algorithmsFor(type: string): readonly string[] {
  return type === 'ssh-rsa' ? RSA : [type];
}

const RSA = ['rsa-sha2-512', 'rsa-sha2-256'];
const ALGORITHMS = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  ...RSA,
];
