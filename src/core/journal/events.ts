import type { StepName } from '../contract/index.ts';
import type { Plan } from '../plan/types.ts';
import type { Fact } from './facts.ts';

/** What happens while a transaction runs, for whoever watches: the facts, and what is too small for the journal. */
export type Event = Fact | Passing;

export type Passing = { readonly at: string } /** A line that a user's command printed, unescaped. */ & (
  | {
      readonly type: 'output';
      readonly server: string;
      /** Null: a hook's, behind the last one. */
      readonly step: StepName | null;
      readonly stream: 'stdout' | 'stderr';
      readonly line: string;
    }
  /** A command of the user's is about to run, or a hook's. */
  | {
      readonly type: 'command';
      readonly server: string;
      readonly step: StepName | null;
      readonly run: string;
    }
  | {
      readonly type: 'progress';
      readonly server: string;
      readonly step: StepName;
      readonly doneBytes: number;
      readonly totalBytes: number;
    }
  /** What an earlier run left open is gone on with, or taken back where `abort` is true; `by` began it. */
  | { readonly type: 'resumed'; readonly plan: Plan; readonly by: string; readonly abort: boolean }
  /** All but the last message of its change-over is done, and it waits for the others of its batch. */
  | { readonly type: 'armed'; readonly server: string }
  /** Where something was thrown that is none of our errors; server is null when it concerns all. */
  | { readonly type: 'fault'; readonly server: string | null; readonly stack: string }
  /** A sentence for people; server is null when it concerns all. */
  | { readonly type: 'log'; readonly server: string | null; readonly message: string }
);

export type NewPassing = Passing extends infer P ? (P extends Passing ? Omit<P, 'at'> : never) : never;

export type Emit = (event: Event) => void;
