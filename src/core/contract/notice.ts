import type { Outcome } from './step.ts';

/** What a notifier is told. Plain data, without secrets. */
export interface Notice {
  readonly event: 'started' | Outcome;
  readonly kind: 'deploy' | 'rollback';
  readonly application: string;
  readonly environment: string;
  readonly release: string;
  readonly previous: string | null;
  readonly revision: string | null;
  readonly message: string | null;
  /** `user@host` of who runs the deployment. */
  readonly by: string;
  /** ISO 8601. */
  readonly at: string;
  /** What each server serves, read back; empty when the deployment has just started. */
  readonly servers: readonly { readonly name: string; readonly current: string | null }[];
  /** Why it failed, else null. */
  readonly failure: string | null;
}
