import type { Duplex } from 'node:stream';
import type { ParsedKey } from '../client.ts';

/** One way to log in that is worth a try. */
export type Attempt =
  | { readonly type: 'key'; readonly key: ParsedKey }
  /** `isOnlyKey`: there is no other that the server could want instead. */
  | {
      readonly type: 'agent';
      readonly socket: string;
      readonly key: ParsedKey;
      readonly isOnlyKey: boolean;
    }
  | { readonly type: 'password'; readonly password: string }
  | {
      readonly type: 'keyboard-interactive';
      readonly answer: (prompts: readonly Prompt[]) => readonly string[];
    }
  | { readonly type: 'none' };

export interface Prompt {
  readonly text: string;
  readonly echo: boolean;
}

export interface Login {
  /** Connected, with noDelay. */
  readonly socket: Duplex;
  readonly user: string;
  /** Synchronous; see hostKeyVerifier. */
  readonly verify: (key: Buffer) => boolean;
  readonly hostKeyAlgorithms: readonly string[];
  /** Given the methods that the server would take (null: not known yet). Null when nothing is left to try. */
  readonly nextAttempt: (accepted: readonly string[] | null) => Attempt | null;
  /** A session will be wanted at once, and there is one way only to log in. */
  readonly opensAhead: boolean;
  /** Something that the server or the agent said on the way. */
  readonly onRemark: (remark: string) => void;
  /** From the first byte to being logged in. */
  readonly timeoutMs: number;
  readonly keepaliveIntervalMs: number;
  readonly keepaliveCountMax: number;
  readonly signal: AbortSignal;
}

/** How far a login had come when it failed, and whether it was the server's decision. */
export class LoginError extends Error {
  readonly stage: 'handshake' | 'login';
  readonly refused: boolean;

  constructor(stage: 'handshake' | 'login', cause: Error & { code?: unknown; level?: string }) {
    super(cause.message, { cause });
    this.name = 'LoginError';
    this.stage = stage;
    this.refused =
      stage === 'login' && (cause.level === 'client-authentication' || REFUSALS.includes(cause.code));
  }
}

/** RFC 4253, 11.1: protocol error (OpenSSH's "Too many authentication failures"), and no more methods. */
const REFUSALS: readonly unknown[] = [2, 14];
