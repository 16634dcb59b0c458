import type { Scope } from './scope.ts';

/** Where files come from that are neither a commit nor a directory of this machine, for example an archive in a registry. */
export interface Source {
  /**
   * Brings the files into `directory`, which holds what a call with these options has left there, or nothing. What is
   * there afterwards is deployed, so what no longer belongs there has to go, but for what a `.deployignore` in it names, which
   * is for the next call, such as an ETag. What a call that failed left is thrown away.
   * Called for `plan` and `check`, too. When it throws, nothing is deployed: `E_SOURCE`. `scope.signal` fires at the deadline
   * and when somebody wants to stop: what is given behind that is refused, and five seconds later nobody waits.
   */
  fetch(request: SourceRequest, scope: Scope): Promise<Fetched>;
}

export interface SourceRequest {
  /**
   * `--ref`, or the branch of the environment; null: whatever is newest. A `revision` that this source gave, where the
   * very same is needed once more, by `resume`, `catch-up`, `cache repair` or a saved plan.
   */
  readonly ref: string | null;
  /**
   * Absolute, on this machine; nobody else uses it at the same time. Its path is another one every time, also where it
   * holds what was left there: keep no path into it.
   */
  readonly directory: string;
}

/** What was brought, for the plan, the ledger and the notices. */
export interface Fetched {
  /** Names the content, in one line: the same revision is the same content. Null: there is no such name. */
  readonly revision: string | null;
  readonly message?: string | null;
  readonly author?: string | null;
}
