import type { Scope } from './scope.ts';
import type { StepName } from './step.ts';

/**
 * Where hooks run, always on one server of a group and under its lock.
 * `before:` and `after:` a step: inside of it, so that the step fails when a hook does.
 * `onRollback`: in a rollback, once the server serves the older release, behind `after:postLaunch`; it fails that step.
 * `onFailure`: once the server was taken back, or could not be; never where it was kept on the new release although it failed.
 * `always`: last of all, however it ended. What fails at these two is a problem and stops nothing.
 */
export type HookPoint = `before:${StepName}` | `after:${StepName}` | 'onFailure' | 'onRollback' | 'always';

/** Runs where the configuration names it, in its order. */
export interface Hook {
  /** When it throws, the step has failed. It has to end soon after its signal fires, which it does at the deadline, too. */
  run(context: HookContext): Promise<void>;
  /**
   * Why this may not be done, asked while it is planned: nothing is touched then. Empty: nothing speaks against it. May only
   * read. Is asked once for each entry and server, whatever the point; a reason that several entries give is told once.
   * Absent: nothing ever speaks against it.
   */
  readonly refuse?: (context: PlanningContext) => Promise<readonly string[]>;
  /**
   * What `resume` does with a run that was cut short, so that nobody knows how far it came. `again`: it runs once more.
   * `skip`: it counts as done, which is listed as a problem. `fail`: it counts as failed. Default: `again`.
   */
  readonly interrupted?: 'again' | 'skip' | 'fail';
  /** How long one run may take, at most 596 hours, unless the configuration says otherwise. Default: five minutes. */
  readonly deadlineMs?: number;
}

/** What a transaction is about, on one server. */
export interface Deployment {
  readonly application: string;
  readonly environment: string;
  readonly server: string;
  readonly roles: readonly string[];
  readonly kind: 'deploy' | 'rollback';
  /** The release that the transaction brings, or goes back to. */
  readonly release: string;
  readonly revision: string | null;
  readonly branch: string | null;
  /** What was live on the server when it was planned. */
  readonly previous: string | null;
  readonly previousRevision: string | null;
  /** `user@host` of who deploys. */
  readonly by: string;
}

export interface HookContext extends Deployment, Scope {
  readonly point: HookPoint;
  /** Absolute paths on the server. `release` is where the release is, or will be. */
  readonly paths: {
    readonly deploy: string;
    readonly release: string;
    readonly current: string;
    readonly shared: string;
  };
  /**
   * Why the transaction failed, at `onFailure` and `always`, on every server: its own reason, else that of another one, which
   * begins with that one's name. Null: it did not fail, or has not yet.
   */
  readonly failure: string | null;
  /**
   * Runs a program on the server. It outlives a lost connection, and a resumed hook that asks for the same programs in the
   * same order attaches to those that were begun. Its output is part of the story. Gives the end of that (64 KiB), both streams in one.
   * Rejects with `E_COMMAND` when it fails, with `E_TIMEOUT` or `E_UNKNOWN`. Absent where no commands can be run.
   */
  readonly command?: (command: HookCommand) => Promise<string>;
}

export interface HookCommand {
  /** Program and arguments; nothing in them is read by a shell. */
  readonly argv: readonly string[];
  /** What people read of it instead, in the story and in errors: a script says little. */
  readonly title?: string;
  /** Where it runs. Default: `deploy`. */
  readonly directory?: 'deploy' | 'release' | 'current';
  /** Beside the `CUTOVER_…` variables that every command gets. */
  readonly variables?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

export interface PlanningContext extends Deployment, Scope {
  /** Somebody gave a reason to do it all the same (`--override --reason`): the ledger keeps it. */
  readonly override: string | null;
  /** A file below the deploy path, for example `current/VERSION`; null where there is none. At most 1 MiB. `E_REMOTE` for what cannot be read. */
  readFile(path: string): Promise<Uint8Array | null>;
}
