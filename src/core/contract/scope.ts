import type { Secret, SecretReference } from './secret.ts';

/** What every extension receives. Nothing else is ambient: no global logger and no clock. */
export interface Scope {
  readonly signal: AbortSignal;
  /** A line of the story, for people. */
  readonly log: (message: string) => void;
  readonly now: () => Date;
  /**
   * Resolves a reference; what it returns is removed from everything the program prints. Rejects with `E_PLUGIN` for one
   * that does not stand in the extension's own options.
   */
  readonly secret: (reference: SecretReference) => Promise<Secret>;
  /** Makes a path of the configuration absolute: relative ones are relative to its file. */
  readonly resolvePath: (path: string) => string;
}
