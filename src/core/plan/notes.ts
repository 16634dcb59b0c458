import type { EnvironmentConfig } from '../config/types.ts';
import { parseLockRecord, RELEASED } from '../lock/record.ts';
import { foldLedger } from '../release/ledger.ts';
import { pinOf } from '../release/pin.ts';
import type { Observation } from '../remote/observation.ts';
import type { SyncWork } from '../sync/syncWork.ts';

/** What a person should know before saying yes, a sentence each. Pure, and free of times, so that plans compare. */
export function notesOf(
  environment: EnvironmentConfig,
  observations: ReadonlyMap<string, Observation>,
  work: ReadonlyMap<string, SyncWork>,
  unpin: boolean,
): readonly string[] {
  return environment.servers.flatMap(({ name }) => {
    const seen = observations.get(name)!;
    return [...layoutNotes(seen, work.get(name)), ...foreignNotes(seen), ...pinNotes(seen, unpin)].map(
      (note) => `${name}: ${note}`,
    );
  });
}

/** Who stands in the way right now: no part of a plan, since it may be over before the plan is run. */
export function lockNote(seen: Observation, environment: string): string | null {
  const { record } = seen.lock;
  if (record === null || record === RELEASED) return null;
  const holder = parseLockRecord(record);
  const stops = `Locked by ${holder?.by ?? 'somebody'}: a deployment would stop with exit status 11.`;
  return holder !== null && holder.message !== null
    ? `${stops} When that is over: cutover unlock ${environment}`
    : `${stops} If that run is dead: cutover resume ${environment}`;
}

function layoutNotes(seen: Observation, work: SyncWork | undefined): readonly string[] {
  return [
    ...(seen.current.kind === 'link' && seen.current.dangling
      ? [`current leads to ${seen.current.text}, which does not exist: nothing valid is live`]
      : []),
    ...(seen.cache.pending
      ? ['an earlier upload was interrupted; what it may have touched is sent again']
      : []),
    ...(work?.unreadable === true ? ['the manifest cannot be read; the deploy-cache is built anew'] : []),
  ];
}

/** As `web1: …` reads on. */
export function pinInWords(seen: Observation): string | null {
  const pin = pinOf(seen.ledger);
  return pin && `it was rolled back to ${pin.release} by ${pin.by ?? 'somebody'} at ${pin.at}`;
}

function pinNotes(seen: Observation, unpin: boolean): readonly string[] {
  const pinned = pinInWords(seen);
  if (pinned === null) return [];
  return [unpin ? `${pinned}; this undoes it` : `${pinned}; "deploy" refuses to undo that without --unpin`];
}

function foreignNotes(seen: Observation): readonly string[] {
  const ledger = foldLedger(seen.ledger);
  const foreign = seen.releases.filter((id) => !ledger.has(id) || ledger.get(id)?.foreign === true);
  return foreign.length === 0
    ? []
    : [`not made by cutover, never counted and never removed: ${foreign.join(', ')}`];
}
