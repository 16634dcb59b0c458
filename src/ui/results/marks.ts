import type { MarkedServer, MarksResult, ServerMark } from '../../core/operations/results.ts';
import { formatAge } from '../age.ts';
import { escapeLines, escapeRemote } from '../escape.ts';
import type { Style } from '../style.ts';
import { renderGroups } from './group.ts';

/** What was marked, or is not any more. `undo` is told where a mark was set; null: none was to be. */
export function renderMarks(
  result: MarksResult,
  style: Style,
  now: Date,
  undo: string | null,
): readonly string[] {
  const isSet = undo !== null && result.servers.some(({ after }) => after !== null);
  return [
    ...renderGroups(result.servers, style, (server) => lines(server, result.mark, style, now)),
    ...(isSet ? ['', `To take it away: ${style.cyan(escapeRemote(undo))}`] : []),
  ];
}

/** `ada@laptop, 3 minutes ago, until 2026-01-02T00:00:00Z: a new disk` */
export function describeMark({ by, at, until, reason }: ServerMark, now: Date): string {
  const facts = [
    escapeRemote(by),
    ...(at === null ? [] : [formatAge(at, now)]),
    ...(until === null ? [] : [`until ${escapeRemote(until)}`]),
  ];
  return `${facts.join(', ')}: ${escapeRemote(reason)}`;
}

function lines(
  { before, after, error }: MarkedServer,
  mark: string,
  style: Style,
  now: Date,
): readonly string[] {
  if (error !== null)
    return escapeLines(error).map((line, index) => (index === 0 ? `${style.red('✗')} ${line}` : `  ${line}`));
  if (after !== null)
    return [
      `${style.green('✓')} ${mark} by ${describeMark(after, now)}`,
      ...(before === null ? [] : [style.dim(`  instead of: by ${describeMark(before, now)}`)]),
    ];
  return before === null
    ? [style.dim(`not ${mark}`)]
    : [`${style.green('✓')} not ${mark} any more; it was, by ${describeMark(before, now)}`];
}
