import type { ErrorCode, Hook, HookPoint, Json, Outcome, StepName } from '../contract/index.ts';
import type { Plan } from '../plan/types.ts';

/** An error as plain data, so that it survives the journal and a machine's context. */
export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string | null;
}

/** What becomes of a hook that was begun, and nobody knows how far it came. */
export type Interrupted = NonNullable<Hook['interrupted']>;

/** One line of the journal, past tense. `at` is ISO 8601. */
export type Fact = { readonly at: string } & (
  | { readonly type: 'opened'; readonly plan: Plan; readonly by: string }
  | { readonly type: 'step.begun'; readonly server: string; readonly step: StepName }
  | {
      readonly type: 'step.done';
      readonly server: string;
      readonly step: StepName;
      readonly ms: number;
      readonly output: Json;
    }
  | {
      readonly type: 'step.failed';
      readonly server: string;
      readonly step: StepName;
      readonly ms: number;
      readonly failure: Failure;
    }
  | { readonly type: 'undo.begun'; readonly server: string }
  | { readonly type: 'undo.done'; readonly server: string; readonly ms: number; readonly output: Json }
  | { readonly type: 'undo.failed'; readonly server: string; readonly ms: number; readonly failure: Failure }
  /** `index`: among the hooks of that point. */
  | {
      readonly type: 'hook.begun';
      readonly server: string;
      readonly point: HookPoint;
      readonly index: number;
      readonly name: string;
      readonly interrupted: Interrupted;
    }
  | {
      readonly type: 'hook.done';
      readonly server: string;
      readonly point: HookPoint;
      readonly index: number;
      readonly name: string;
      readonly ms: number;
    }
  | {
      readonly type: 'hook.failed';
      readonly server: string;
      readonly point: HookPoint;
      readonly index: number;
      readonly name: string;
      readonly ms: number;
      readonly failure: Failure;
    }
  /** Somebody asked to stop while that could still be granted. */
  | { readonly type: 'cancelled' }
  /** Something wrong that stops nothing. */
  | { readonly type: 'problem'; readonly server: string | null; readonly message: string }
  | { readonly type: 'closed'; readonly outcome: Outcome }
);

export type FactType = Fact['type'];

/** Omits what is given by `Journal.append`. */
export type NewFact = Fact extends infer F ? (F extends Fact ? Omit<F, 'at'> : never) : never;
