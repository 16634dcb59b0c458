import type { LockOwner, ServerStatus, StatusResult } from '../../core/operations/results.ts';
import { formatAge, formatSecondsAgo } from '../age.ts';
import { escapeLines, escapeRemote } from '../escape.ts';
import type { Style } from '../style.ts';
import { table } from '../table.ts';
import { shortRevision } from '../wording.ts';
import { describeMark } from './marks.ts';

/** A line per server, and below it what is out of the ordinary. */
export function renderStatus(result: StatusResult, style: Style, now: Date): readonly string[] {
  const lines = table(result.servers.map((server) => serverRow(server, style, now)));
  return [
    style.bold(escapeRemote(result.environment)),
    ...result.servers.flatMap((server, index) => [`  ${lines[index]}`, ...details(server, style, now)]),
    ...next(result, style),
  ];
}

/** What to type where a transaction was begun and not ended. Only whoever tries knows whether the holder of a lock lives. */
function next({ environment, servers }: StatusResult, style: Style): readonly string[] {
  const open = servers.filter(({ openTransaction }) => openTransaction !== null);
  if (open.length === 0) return [];
  const resume = `cutover resume ${escapeRemote(environment)}`;
  const isHeld = open.some(({ lock }) => lock !== null);
  return [
    `  ${style.cyan('Next:')} ${isHeld ? 'unless its run is at work still: ' : ''}${resume}, or to take it back: ${resume} --abort`,
  ];
}

/** `ada@laptop, 3 minutes ago, for 20261121193811, generation 4, last sign of life 4 seconds ago` */
export function describeLock(lock: LockOwner, now: Date): string {
  const release = lock.release === null ? [] : [`for ${escapeRemote(lock.release)}`];
  return [
    escapeRemote(lock.by),
    formatAge(lock.since, now),
    ...release,
    `generation ${lock.generation}`,
    ...signOfLife(lock),
  ].join(', ');
}

/** A lock taken by hand needs none. */
function signOfLife({ message, beatAgeSec }: LockOwner): readonly string[] {
  if (message !== null) return [`by hand: ${escapeRemote(message)}`];
  return beatAgeSec === null ? [] : [`last sign of life ${formatSecondsAgo(beatAgeSec)}`];
}

/** `20261121193811 by ada@laptop, 3 minutes ago: the next deployment needs --unpin` */
function describePin({ release, by, at }: NonNullable<ServerStatus['pinned']>, now: Date): string {
  const who = by === null ? '' : ` by ${escapeRemote(by)}`;
  return `${escapeRemote(release)}${who}, ${formatAge(at, now)}: the next deployment needs --unpin`;
}

function serverRow(server: ServerStatus, style: Style, now: Date): readonly string[] {
  const name = style.bold(escapeRemote(server.name));
  if (!server.reachable) return [name, style.red('unreachable')];
  if (server.current === null) return [name, style.yellow('nothing live')];
  return [
    name,
    style.green(escapeRemote(server.current)),
    server.revision === null ? style.dim('-') : shortRevision(server.revision),
    server.at === null ? style.dim('-') : formatAge(server.at, now),
  ];
}

function details(server: ServerStatus, style: Style, now: Date): readonly string[] {
  const parts = [
    server.error === null ? [] : escapeLines(server.error),
    server.behind === null ? [] : [`Behind: the group serves ${escapeRemote(server.behind)}`],
    server.kept ? ['Kept although it failed there (onFailure: keep)'] : [],
    server.lock === null ? [] : [`Locked by ${describeLock(server.lock, now)}`],
    server.paused === null ? [] : [`Paused by ${describeMark(server.paused, now)}`],
    server.frozen === null ? [] : [`Frozen by ${describeMark(server.frozen, now)}`],
    server.pinned === null ? [] : [`Pinned to ${describePin(server.pinned, now)}`],
    server.openTransaction === null ? [] : [`Open transaction: ${escapeRemote(server.openTransaction)}`],
    server.drift === null
      ? []
      : escapeLines(server.drift).map((line, index) => (index === 0 ? `Drift: ${line}` : line)),
  ];
  return parts.flatMap((lines) =>
    lines.map((line, index) => `    ${index === 0 ? `${style.yellow('!')} ` : '  '}${line}`),
  );
}
