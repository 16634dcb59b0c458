import type { Scope } from './scope.ts';

/** Where files come from that are neither a commit nor a directory of this machine, for example an archive in a registry. */
export interface Source {
  /**
   * Brings the files into `directory`, which holds what the last call for this configuration left there, or nothing. What
   * is there afterwards is deployed, so what no longer belongs there has to go. Called for `plan` too.
   */
  fetch(request: SourceRequest, scope: Scope): Promise<Fetched>;
}

export interface SourceRequest {
  /** `--ref`, or the branch of the environment; null: whatever is newest. */
  readonly ref: string | null;
  /** Absolute, on this machine; nobody else uses it at the same time. */
  readonly directory: string;
}

/** What was brought, for the plan, the ledger and the notices. */
export interface Fetched {
  /** Names the content: the same revision is the same content. Null: there is no such name. */
  readonly revision: string | null;
  readonly message?: string | null;
  readonly author?: string | null;
}
