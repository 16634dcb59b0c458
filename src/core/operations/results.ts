import type { ErrorCode, NoticeEvent, Outcome, StepName } from '../contract/index.ts';
import type { Failure } from '../journal/facts.ts';
import type { ReleaseState } from '../release/ledger.ts';
import type { Pin } from '../release/pin.ts';

/** `deploy --json` and `rollback --json`. */
export interface TransactionResult {
  readonly outcome: Outcome | 'unchanged';
  readonly environment: string;
  readonly kind: 'deploy' | 'rollback';
  readonly release: string;
  readonly previous: string | null;
  readonly revision: string | null;
  readonly servers: readonly ServerResult[];
  /** Between the first and the last activation, in milliseconds; null with fewer than two servers. */
  readonly activationSkewMs: number | null;
  /** From the opening of the transaction to its end, with hooks, pauses and what lay between it and its resumption; null where nothing ran. */
  readonly tookMs: number | null;
  readonly problems: readonly string[];
  /** Somebody asked to stop, and it was granted. */
  readonly interrupted: boolean;
}

export interface ServerResult {
  readonly name: string;
  readonly outcome: Outcome | 'unchanged';
  /** Read back from the server at the end; null when nothing is live, or when it could not be read. */
  readonly current: string | null;
  readonly uploaded: { readonly files: number; readonly bytes: number };
  readonly removed: number;
  /** Which batch it changes over with, from 1; null where all do at once. */
  readonly batch: number | null;
  readonly steps: readonly { readonly name: StepName; readonly ms: number }[];
  /** The step that failed here, and why. */
  readonly failure: (Failure & { readonly step: StepName | null }) | null;
}

/** `status --json`. */
export interface StatusResult {
  readonly environment: string;
  readonly servers: readonly ServerStatus[];
}

export interface ServerStatus {
  readonly name: string;
  readonly reachable: boolean;
  readonly current: string | null;
  readonly revision: string | null;
  /** When what is live there was deployed, or gone back to: ISO 8601; null where the ledger does not know. */
  readonly at: string | null;
  /** The release of the group, where the server does not serve it; null where it does, or nobody knows. */
  readonly behind: string | null;
  /** What is live failed there behind its activation, and stays by `onFailure: keep`. */
  readonly kept: boolean;
  readonly lock: LockOwner | null;
  /** Marks in force: deployments leave it out; they are refused. */
  readonly paused: ServerMark | null;
  readonly frozen: ServerMark | null;
  /** Who went back to which release, and when: deployments need `--unpin`. */
  readonly pinned: Pin | null;
  /** The release of a transaction that has begun here and not ended. */
  readonly openTransaction: string | null;
  /** What is not as the ledger says, in words; null when all is. */
  readonly drift: string | null;
  /** Why it could not be reached. */
  readonly error: string | null;
}

export interface LockOwner {
  readonly by: string;
  /** ISO 8601. */
  readonly since: string;
  readonly release: string | null;
  readonly generation: number;
  /** Why a person locked by hand; null for the lock of a run. */
  readonly message: string | null;
  /** Seconds since the run was last heard of, by the server's clock; null when nobody knows, or locked by hand. */
  readonly beatAgeSec: number | null;
}

/** `releases --json`. */
export interface ReleasesResult {
  readonly servers: readonly { readonly name: string; readonly releases: readonly ReleaseRow[] }[];
}

export interface ReleaseRow {
  readonly id: string;
  readonly state: ReleaseState;
  /** It failed there behind its activation, and stayed by `onFailure: keep`. */
  readonly kept: boolean;
  readonly revision: string | null;
  readonly at: string | null;
  readonly by: string | null;
  /** Somebody deployed it although the environment was frozen. */
  readonly override: { readonly by: string; readonly reason: string } | null;
  readonly current: boolean;
}

/** `check --json`. */
export interface CheckResult {
  readonly environment: string;
  readonly source: readonly Finding[];
  /** About hooks and notifiers; what a hook says of one server stands there. */
  readonly extensions: readonly Finding[];
  readonly servers: readonly { readonly name: string; readonly findings: readonly Finding[] }[];
}

export interface Finding {
  readonly level: 'ok' | 'warning' | 'error';
  readonly message: string;
  /** What to do about it; null when there is nothing to do. */
  readonly fix: string | null;
  /** Of the error that was met; null when the finding is an observation. */
  readonly code: ErrorCode | null;
}

/** `lock --json`. */
export interface LockResult {
  readonly environment: string;
  readonly servers: readonly {
    readonly name: string;
    readonly path: string;
    readonly lock: LockOwner | null;
  }[];
}

/** `pause --json`, `unpause --json`, `freeze --json` and `unfreeze --json`. */
export interface MarksResult {
  readonly environment: string;
  readonly mark: 'paused' | 'frozen';
  readonly servers: readonly MarkedServer[];
}

export interface MarkedServer {
  readonly name: string;
  /** What was there, unless its time was over. */
  readonly before: ServerMark | null;
  readonly after: ServerMark | null;
  /** Why nothing was changed there, as far as anybody knows; null when all is as it was asked for. */
  readonly error: string | null;
}

export interface ServerMark {
  readonly by: string;
  /** ISO 8601; null when the mark does not say. */
  readonly at: string | null;
  readonly reason: string;
  /** ISO 8601; null: until it is taken away. */
  readonly until: string | null;
}

/** `clone --json`. */
export interface CloneResult {
  readonly environment: string;
  readonly from: string;
  readonly to: string;
  /** What is live on `from`. */
  readonly release: string;
  readonly revision: string | null;
  /** What was written, or would be; null when the configuration had the server already. */
  readonly entry: { readonly file: string; readonly text: string; readonly written: boolean } | null;
  /** Topmost paths below `shared/` that were copied, and that were there already; null when none were to be. */
  readonly shared: { readonly added: readonly string[]; readonly kept: readonly string[] } | null;
  /** Null when nothing was to be done but to look. */
  readonly transaction: TransactionResult | null;
}

/** `unlock --json`. */
export interface UnlockResult {
  readonly environment: string;
  readonly servers: readonly {
    readonly name: string;
    readonly path: string;
    readonly lock: LockOwner | null;
    readonly released: boolean;
  }[];
}

/** `notify test --json`. */
export interface NotifyTestResult {
  readonly environment: string;
  readonly notifiers: readonly TestedNotifier[];
}

export interface TestedNotifier {
  readonly name: string;
  /** What it was sent, in order. */
  readonly notices: readonly {
    readonly events: readonly NoticeEvent[];
    readonly title: string;
    /** Why it did not take it, or null. */
    readonly problem: string | null;
  }[];
}
