import type { ErrorCode } from '../../contract/index.ts';

/** `transport probe --json`. */
export interface ProbeResult {
  readonly environment: string;
  readonly servers: readonly ProbedServer[];
}

export interface ProbedServer {
  readonly name: string;
  readonly transport: string;
  readonly address: string;
  /** From nothing to being logged in; null where nobody was. */
  readonly loginMs: number | null;
  /** By which a deployment would do its work; null where it could by none. */
  readonly engine: 'shell' | 'sftp' | null;
  /** What the server calls the login shell; null where it does not say, or runs no commands. */
  readonly shell: string | null;
  /** Programs seen there that cutover makes use of. */
  readonly tools: readonly string[];
  /** The extensions of its SFTP; null where there is none. */
  readonly sftp: readonly string[] | null;
  /** By commands, where there are, else by SFTP; null where neither could be measured. */
  readonly line: Line | null;
  /** What could not be found out, and why. */
  readonly notes: readonly string[];
  /** Why it was not reached, or could not be deployed to. */
  readonly failure: ProbeFailure | null;
}

export interface Line {
  readonly by: 'commands' | 'sftp';
  /** The median of several round trips. */
  readonly roundTripMs: number;
  readonly upBytesPerSec: number | null;
  readonly downBytesPerSec: number | null;
  /** So many were open at a time, of ten that were asked for. */
  readonly channels: number;
}

export interface ProbeFailure {
  readonly code: ErrorCode | null;
  readonly message: string;
  readonly hint: string | null;
}
