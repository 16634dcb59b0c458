import type { ExtensionLookup } from '../config/extensions.ts';
import type { Secret, SecretReference } from '../contract/index.ts';
import type { Emit, NewPassing } from '../journal/events.ts';

/** What the program around gives to every operation: time, cancellation, identity, places, voices. */
export interface Runtime {
  readonly extensions: ExtensionLookup;
  readonly emit: Emit;
  /** Null, or resolves once whoever reads of the events has taken those that were emitted. Default: null. */
  readonly catchUp?: () => Promise<void> | null;
  /** Fires when somebody wants to stop. */
  readonly cancel: AbortSignal;
  readonly now: () => Date;
  /** Monotonic, in milliseconds. */
  readonly clockMs: () => number;
  /** `user@host` of who runs the program. */
  readonly by: string;
  readonly pid: number;
  /** Where journals are kept on this machine. */
  readonly stateDirectory: string;
  /** Resolves a reference in a configuration of this directory. */
  readonly secret: (reference: SecretReference, baseDirectory: string) => Promise<Secret>;
  /** Removes every secret that was resolved. */
  readonly redact: (text: string) => string;
}

export function emitNow(runtime: Runtime, event: NewPassing): void {
  runtime.emit({ ...event, at: runtime.now().toISOString() });
}
