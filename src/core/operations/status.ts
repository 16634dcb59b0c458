import type { Config } from '../config/types.ts';
import { messageOf } from '../contract/index.ts';
import { parseServerJournal } from '../journal/serverText.ts';
import { type GroupRelease, groupReleaseOf, isBehind } from '../plan/groupRelease.ts';
import { liveRecord, liveRelease } from '../plan/planDeployment.ts';
import { foldLedger, isAtEnd } from '../release/ledger.ts';
import { pinOf } from '../release/pin.ts';
import { markInForce } from '../remote/marks.ts';
import type { Observation } from '../remote/observation.ts';
import { lockOwner } from './lockOwner.ts';
import { environmentNamed, openGroup, seenOf, settleGroup } from './openGroup.ts';
import type { ServerStatus, StatusResult } from './results.ts';
import type { Runtime } from './runtime.ts';

/** What is live where. A server that cannot be reached is part of the answer, not an error. */
export async function status(
  runtime: Runtime,
  config: Config,
  name: string,
  servers: readonly string[],
): Promise<StatusResult> {
  await using group = await openGroup(runtime, config, environmentNamed(config, name), servers);
  const looks = await settleGroup(group, runtime.cancel);
  const now = runtime.now();
  const release = groupReleaseOf(seenOf(looks));
  return {
    environment: name,
    servers: [...looks].map(([server, look]) =>
      look.status === 'fulfilled'
        ? seenStatus(server, look.value, { group: release, now })
        : unreachable(server, look.reason, release),
    ),
  };
}

interface Around {
  /** What all should serve. */
  readonly group: GroupRelease | null;
  readonly now: Date;
}

function seenStatus(name: string, seen: Observation, { group, now }: Around): ServerStatus {
  const lock = lockOwner(seen.lock);
  // Where a transaction is under way nobody knows yet.
  const isAtRest = openTransaction(seen) === null;
  return {
    name,
    reachable: true,
    current: liveRelease(seen),
    revision: liveRecord(seen)?.revision ?? null,
    at: liveRecord(seen)?.at ?? null,
    behind: isAtRest && isBehind(group, seen) ? group.release : null,
    kept: liveRecord(seen)?.kept === true,
    lock,
    paused: markInForce(seen.paused, seen.clock, now),
    frozen: markInForce(seen.frozen, seen.clock, now),
    pinned: pinOf(seen.ledger),
    openTransaction: openTransaction(seen),
    drift: driftOf(seen),
    error: null,
  };
}

/** What it serves is not known; that it was left out is. */
function unreachable(name: string, error: unknown, group: GroupRelease | null): ServerStatus {
  return {
    name,
    reachable: false,
    current: null,
    revision: null,
    at: null,
    behind: group?.leftOut.has(name) ? group.release : null,
    kept: false,
    lock: null,
    paused: null,
    frozen: null,
    pinned: null,
    openTransaction: null,
    drift: null,
    error: messageOf(error),
  };
}

/** The release of a transaction that was begun here and not ended. */
function openTransaction({ journal }: Observation): string | null {
  const open = journal === null ? null : parseServerJournal(journal);
  return open?.opening.plan.release ?? null;
}

/** Where the server is not as the ledger says. */
function driftOf(seen: Observation): string | null {
  const { current } = seen;
  if (current.kind === 'directory' || current.kind === 'other') return 'current is not a link';
  if (current.kind === 'link' && current.release === null)
    return `current leads outside releases/, to ${current.text}`;
  if (current.kind === 'link' && current.dangling)
    return `current leads to ${current.text}, which does not exist`;
  const expected = seen.ledger.findLast(isAtEnd)?.release ?? null;
  const live = liveRelease(seen);
  const gone =
    [...foldLedger(seen.ledger).values()].some((each) => each.release === expected) &&
    expected !== null &&
    !seen.releases.includes(expected);
  if (gone) return `the release ${expected} was removed by somebody else`;
  return expected === null || expected === live || openTransaction(seen) !== null
    ? null
    : `current leads to ${live ?? 'nothing'}, but ${expected} was deployed last`;
}
