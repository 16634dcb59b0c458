import type { CommandServers, Strategy } from '../config/types.ts';
import type { FailurePolicy, HookPoint } from '../contract/index.ts';
import type { Override } from '../release/ledger.ts';
import type { Mark } from '../remote/marks.ts';
import type { FileChange } from '../sync/types.ts';
import type { CommandRuns } from './commandRuns.ts';

/** Everything decided, before anything is touched. JSON only; the same facts give the same plan. */
export interface Plan {
  readonly version: 1;
  readonly kind: 'deploy' | 'rollback';
  readonly application: string;
  readonly environment: string;
  /** The release that will be live: 14 digits for a new one. */
  readonly release: string;
  readonly revision: string | null;
  readonly branch: string | null;
  readonly message: string | null;
  readonly author: string | null;
  /** Every file is sent again, whatever the servers hold. */
  readonly full: boolean;
  /** Somebody said that it may undo a rollback. */
  readonly unpin: boolean;
  /** Other servers have this release already. Absent: none has. */
  readonly isBroughtAgain?: boolean;
  /** Every server already serves this: running the plan changes nothing. */
  readonly unchanged: boolean;
  /** Hash of what the configuration says of this environment. */
  readonly configuration: string;
  /** Names the tree of the source, as `Snapshot.state`; null for a rollback. */
  readonly manifest: string | null;
  readonly keep: number | 'all';
  readonly strategy: Strategy;
  /** Names of servers that are switched together, batch after batch; one batch of all when the strategy is `parallel`. */
  readonly batches: readonly (readonly string[])[];
  /** Between two batches. */
  readonly pauseMs: number;
  /** What becomes of the group when a server fails after its activation. */
  readonly onFailure: FailurePolicy;
  /** The environment is frozen, or a hook refuses it, and somebody said that it goes on all the same; null: nobody did. */
  readonly override: Override | null;
  /** Servers of the environment that take no part, by consent. */
  readonly absent: readonly AbsentServer[];
  readonly servers: readonly ServerPlan[];
  /** What a person should know before saying yes. */
  readonly notes: readonly string[];
  /** sha256 of all the above. */
  readonly digest: string;
}

export interface AbsentServer {
  readonly name: string;
  readonly why: 'unreachable' | 'paused';
  /** Of one that is paused. */
  readonly mark?: Mark;
}

export interface ServerPlan {
  readonly name: string;
  /** Absolute deploy path on the server. */
  readonly path: string;
  /** The release that is live now, or null. */
  readonly current: string | null;
  readonly currentRevision: string | null;
  readonly expects: Expectation;
  readonly changes: {
    readonly added: number;
    readonly updated: number;
    readonly removed: number;
    readonly bytes: number;
    /** They are counted from what the deploy-cache holds: is that what is live? */
    readonly sinceLive: boolean;
  };
  readonly files: readonly FileChange[];
  readonly commands: { readonly postUpload: readonly string[]; readonly postLaunch: readonly string[] };
  /** Which of the configured commands these are. */
  readonly runs: CommandRuns;
  /** All that this kind of plan can come to, in the order in which they run. */
  readonly hooks: readonly PlannedHook[];
  readonly shared: { readonly directories: readonly string[]; readonly files: readonly string[] };
  /** Releases that will be removed after activation. */
  readonly prune: readonly string[];
}

/** A hook by its name: what its options hold stands in no plan. */
export interface PlannedHook {
  readonly point: HookPoint;
  readonly name: string;
  /** For which servers of the plan it is meant: this is one of them. */
  readonly on: CommandServers;
}

/** What the server held when the plan was made; a plan whose server no longer does is stale. */
export interface Expectation {
  /** The text of the link `current`; null when there is none. */
  readonly current: string | null;
  /** The link leads nowhere. */
  readonly dangling: boolean;
  /** sha256 of the ledger's text. */
  readonly ledger: string;
  /** sha256 of what the deploy-cache is said to hold, as `ObservedCache.hash`; null when nothing was ever committed. */
  readonly manifest: string | null;
  /** The deploy path with every link resolved. */
  readonly realPath: string;
}
