import type { Duplex, Readable } from 'node:stream';
import type { Exit } from '../../core/contract/index.ts';

/** What `exec` needs of a link by the SSH connection protocol (RFC 4254), whoever speaks it. */
export interface CommandSession {
  /**
   * Rejects when the server refuses the channel (with `reason`, RFC 4254, 5.1), when the link goes, and after 20 s.
   * `E_UNKNOWN` says that the command may have started all the same.
   */
  readonly exec: (command: string) => Promise<Command>;
  /** Resolves when the link is gone: null when we ended it, else why. */
  readonly gone: Promise<string | null>;
}

/**
 * A command that runs. Its end is listened for from the first moment: an answer that comes in one packet with the
 * consent would else be missed.
 */
export interface Command {
  readonly channel: CommandChannel;
  /** Resolves when an exit status or signal comes; never, when none does. */
  readonly exit: Promise<Exit>;
}

/** Emits `close` when both sides have closed it, or the link is gone. */
export interface CommandChannel extends Duplex {
  readonly stderr: Readable;
  /** To the command, by its name without `SIG`. */
  signal(name: string): void;
  close(): void;
}
