import type { Config } from '../config/types.ts';
import { liveRelease } from '../plan/planDeployment.ts';
import { foldLedger } from '../release/ledger.ts';
import type { Observation } from '../remote/observation.ts';
import { environmentNamed, observeGroup, openGroup } from './openGroup.ts';
import type { ReleaseRow, ReleasesResult } from './results.ts';
import type { Runtime } from './runtime.ts';

/** The ledger of every server, newest first, and what is on disk that the ledger does not know. */
export async function releases(
  runtime: Runtime,
  config: Config,
  name: string,
  servers: readonly string[],
): Promise<ReleasesResult> {
  await using group = await openGroup(runtime, config, environmentNamed(config, name), servers);
  const seen = await observeGroup(group, runtime.cancel);
  return { servers: [...seen].map(([server, each]) => ({ name: server, releases: rowsOf(each) })) };
}

/** Of releases that failed and are gone, this many are still told of. */
const SHOWN_FAILURES = 5;

function rowsOf(seen: Observation): readonly ReleaseRow[] {
  const ledger = foldLedger(seen.ledger);
  const live = liveRelease(seen);
  const onDisk = new Set(seen.releases);
  const failed = [...ledger.values()]
    .filter((record) => record.state === 'failed' && !onDisk.has(record.release))
    .slice(-SHOWN_FAILURES);
  const shown = new Set([...onDisk, ...failed.map((record) => record.release)]);
  return [...shown]
    .sort()
    .reverse()
    .map((id): ReleaseRow => {
      const record = ledger.get(id);
      return {
        id,
        state: record === undefined || record.foreign === true ? 'foreign' : record.state,
        kept: record?.kept === true,
        revision: record?.revision ?? null,
        at: record?.at ?? null,
        by: record?.by ?? null,
        override: record?.override ?? null,
        current: id === live,
      };
    });
}
