import type { CloneResult } from '../../core/operations/results.ts';
import { escapeLines, escapeRemote } from '../escape.ts';
import type { Style } from '../style.ts';
import { nameList, shortRevision } from '../wording.ts';

/** What was written and copied, or what would be done. How the new server was brought up is told as for every transaction. */
export function renderClone(result: CloneResult, style: Style): readonly string[] {
  const { entry, shared, transaction } = result;
  return [
    ...(entry === null
      ? []
      : [
          `${entry.written ? `${style.green('✓')} Added to` : 'To be added to'} ${escapeRemote(entry.file)}:`,
          ...escapeLines(entry.text).map((line) => `    ${line}`),
        ]),
    ...(shared === null ? [] : [copied(shared, style)]),
    ...(transaction === null ? [toBring(result)] : []),
  ];
}

function copied({ added, kept }: NonNullable<CloneResult['shared']>, style: Style): string {
  const stays = kept.length === 0 ? '' : `; what was there stays: ${nameList(kept)}`;
  return `${style.green('✓')} Copied to shared/: ${added.length === 0 ? 'nothing' : nameList(added)}${stays}`;
}

function toBring({ from, to, release, revision }: CloneResult): string {
  const of = revision === null ? '' : ` (${shortRevision(revision)})`;
  return `${escapeRemote(to)} would be brought to ${escapeRemote(release)}${of}, which ${escapeRemote(from)} serves.`;
}
