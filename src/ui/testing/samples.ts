import type { Event } from '../../core/journal/events.ts';
import type { ServerResult, TransactionResult } from '../../core/operations/results.ts';
import type { Plan, ServerPlan } from '../../core/plan/types.ts';

export const at = '2026-11-21T19:38:11.000Z';
export const newRelease = '20261121193811';
export const oldRelease = '20261120101010';
export const commit = 'abc1234def5678abc1234def5678abc1234def56';

/** An event without its time, as the samples below write them. */
export type Untimed = Event extends infer E ? (E extends Event ? Omit<E, 'at'> : never) : never;

export function timed(event: Untimed): Event {
  return { at, ...event } as Event;
}

export function samplePlan(names: readonly string[], changes: Partial<Plan> = {}): Plan {
  return {
    version: 1,
    kind: 'deploy',
    application: 'shop',
    environment: 'production',
    release: newRelease,
    revision: commit,
    branch: 'main',
    message: 'Fix the cart',
    author: 'Ada <ada@example.com>',
    full: false,
    unpin: false,
    unchanged: false,
    configuration: '',
    manifest: '',
    keep: 3,
    strategy: 'parallel',
    batches: [names],
    pauseMs: 0,
    onFailure: 'revert-all',
    override: null,
    absent: [],
    servers: names.map((name) => sampleServer(name)),
    notes: [],
    digest: '',
    ...changes,
  };
}

export function sampleServer(name: string, changes: Partial<ServerPlan> = {}): ServerPlan {
  return {
    name,
    path: '/srv/shop',
    current: oldRelease,
    currentRevision: null,
    expects: { current: null, ledger: '', manifest: null, realPath: '/srv/shop', dangling: false },
    changes: { added: 1, updated: 1, removed: 1, bytes: 3_400_000, sinceLive: true },
    files: [
      { op: 'add', path: 'public/app.css', bytes: 1_200 },
      { op: 'update', path: 'index.php', bytes: 3_398_800 },
      { op: 'remove', path: 'old.txt', bytes: 0 },
    ],
    commands: { postUpload: ['composer install --no-dev'], postLaunch: ['systemctl reload php-fpm'] },
    runs: { postUpload: [0], postLaunch: [0] },
    hooks: [],
    shared: { directories: ['storage'], files: ['.env'] },
    prune: ['20261101101010'],
    ...changes,
  };
}

export function sampleResult(
  servers: readonly ServerResult[],
  changes: Partial<TransactionResult> = {},
): TransactionResult {
  return {
    outcome: 'committed',
    environment: 'production',
    kind: 'deploy',
    release: newRelease,
    previous: oldRelease,
    revision: commit,
    servers,
    activationSkewMs: null,
    tookMs: 1_200,
    problems: [],
    interrupted: false,
    ...changes,
  };
}

export function sampleServerResult(name: string, changes: Partial<ServerResult> = {}): ServerResult {
  return {
    name,
    outcome: 'committed',
    current: newRelease,
    uploaded: { files: 2, bytes: 3_400_000 },
    removed: 1,
    batch: null,
    steps: [
      { name: 'prepare', ms: 120 },
      { name: 'syncCache', ms: 1_080 },
    ],
    failure: null,
    ...changes,
  };
}

/** Of a server that was sent nothing. */
export const nothingSent = { uploaded: { files: 0, bytes: 0 }, removed: 0, steps: [] };
