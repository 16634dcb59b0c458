import { judge, type Trust, type Verdict } from './judge.ts';

/** The key that a server has shown, and what was made of it. */
export interface Judged {
  readonly key: Buffer;
  readonly verdict: Verdict;
}

export interface HostKeyVerifier {
  /**
   * For ssh2, which takes anything but a literal `false` for consent, a promise included, and which asks again at
   * every rekey: so the answer is a boolean, at once, and once given it stands. A connection keeps its host key.
   */
  readonly verify: (key: Buffer) => boolean;
  /** Null until the server has shown a key. */
  readonly judged: () => Judged | null;
}

export function hostKeyVerifier(trust: Trust): HostKeyVerifier {
  let first: Judged | null = null;
  return {
    verify: (key) => {
      // A copy: the buffer belongs to a packet.
      first ??= { key: Buffer.from(key), verdict: judge(trust, key) };
      const { type } = first.verdict;
      return (type === 'trusted' || type === 'accepted') && first.key.equals(key);
    },
    judged: () => first,
  };
}
