import type { Outcome } from './step.ts';

/**
 * What a notice is about. `failed`: compensated or stranded, or committed although a server failed, where the configuration
 * lets the others stay. `succeeded`: a deployment or a rollback is committed. `backToSuccess`: and the one before it had failed.
 */
export const NOTICE_EVENTS = [
  'started',
  'succeeded',
  'failed',
  'compensated',
  'stranded',
  'rolledBack',
  'backToSuccess',
] as const;

export type NoticeEvent = (typeof NOTICE_EVENTS)[number];

/** What a notifier is told. Plain data, without secrets. */
export interface Notice {
  readonly event: 'started' | Outcome;
  /** All that it is: a commit may be `succeeded`, `rolledBack` and `backToSuccess` at once. */
  readonly events: readonly NoticeEvent[];
  /** Somebody tries the notifier: nothing of this has happened, and no record of a deployment is to be left of it. */
  readonly isTest: boolean;
  /** One line for people. */
  readonly title: string;
  /** A few lines for people, the title first, made by the template of the configuration. Without any markup. */
  readonly text: string;
  readonly kind: 'deploy' | 'rollback';
  readonly application: string;
  readonly environment: string;
  readonly release: string;
  readonly previous: string | null;
  readonly revision: string | null;
  readonly previousRevision: string | null;
  readonly branch: string | null;
  readonly message: string | null;
  readonly author: string | null;
  /** `user@host` of who runs the deployment. */
  readonly by: string;
  /** ISO 8601. */
  readonly at: string;
  /** When the transaction was opened, ISO 8601; also where another run goes on with it. */
  readonly startedAt: string;
  /** What each server serves, read back; empty when the deployment has just started. */
  readonly servers: readonly { readonly name: string; readonly current: string | null }[];
  /** Why it failed, else null. */
  readonly failure: string | null;
}
