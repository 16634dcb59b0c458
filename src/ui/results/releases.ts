import type { ReleaseRow, ReleasesResult } from '../../core/operations/results.ts';
import { formatAge } from '../age.ts';
import { escapeRemote } from '../escape.ts';
import type { Style } from '../style.ts';
import { table } from '../table.ts';
import { shortRevision } from '../wording.ts';
import { renderGroups } from './group.ts';

/** The ledger of each server, as it came; servers that agree share a table. */
export function renderReleases(result: ReleasesResult, style: Style, now: Date): readonly string[] {
  return renderGroups(result.servers, style, ({ releases }) =>
    releases.length === 0
      ? [style.dim('No releases yet')]
      : table(releases.map((release) => releaseRow(release, style, now))),
  );
}

function releaseRow(release: ReleaseRow, style: Style, now: Date): readonly string[] {
  const id = escapeRemote(release.id);
  return [
    release.current ? style.green('→') : ' ',
    release.current ? style.bold(id) : id,
    stateText(release, style),
    release.revision === null ? style.dim('-') : shortRevision(release.revision),
    release.at === null ? style.dim('-') : formatAge(release.at, now),
    who(release),
  ];
}

function who({ by, override }: ReleaseRow): string {
  const name = by === null ? '' : escapeRemote(by);
  if (override === null) return name;
  const overrider = override.by === by ? '' : ` by ${escapeRemote(override.by)}`;
  return `${name} (overridden${overrider}: ${escapeRemote(override.reason)})`;
}

function stateText({ state, kept }: ReleaseRow, style: Style): string {
  // What a rollback goes to has succeeded before.
  if (kept) return style.yellow(state === 'active' ? 'kept' : `${state}, kept`);
  switch (state) {
    case 'succeeded':
      return style.green(state);
    case 'failed':
    case 'bad':
      return style.red(state);
    case 'foreign':
      return style.dim(state);
    case 'ready':
    case 'active':
      return style.yellow(state);
  }
}
