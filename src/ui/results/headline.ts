import type { ServerResult, TransactionResult } from '../../core/operations/results.ts';
import { escapeRemote } from '../escape.ts';
import { formatDuration } from '../format.ts';
import type { Style } from '../style.ts';
import { table } from '../table.ts';
import { nameList, plural, shortRevision } from '../wording.ts';
import { groupNames } from './group.ts';

const MOST_LINES = 12;

/** The outcome in words, and where servers differ a line for each. `toGoBack`: it was resumed for that. */
export function headline(result: TransactionResult, style: Style, toGoBack = false): readonly string[] {
  const interrupted = result.interrupted ? 'Interrupted. ' : '';
  switch (result.outcome) {
    case 'committed':
      return committed(result, style);
    case 'unchanged':
      return [
        `${style.green('✓')} ${style.bold(`Nothing to do: ${who(result)} already ${verb(result)}`)} ${unchangedIds(result)}`,
      ];
    case 'compensated':
      return compensated(result, style, toGoBack);
    case 'stranded':
      return [
        `${style.red('✗')} ${interrupted}${style.bold('Stranded: a person is needed. Each server serves:')}`,
        ...each(result, style),
      ];
  }
}

function compensated(result: TransactionResult, style: Style, toGoBack: boolean): readonly string[] {
  const mark = toGoBack ? style.green('✓') : `${style.red('✗')}${result.interrupted ? ' Interrupted.' : ''}`;
  const told = (text: string) => `${mark} ${style.bold(text)}`;
  if (allServe(result, result.previous)) {
    const what = toGoBack || wasLive(result) ? 'Taken back' : 'Nothing changed';
    return [told(`${what}: ${oldState(result)}.`)];
  }
  const what = toGoBack ? 'Taken back.' : undone(result);
  return [told(`${what} Each server serves:`), ...each(result, style)];
}

/** Under a policy that lets servers stay, somebody has to see to the others. */
function committed(result: TransactionResult, style: Style): readonly string[] {
  const { servers, release } = result;
  if (allServe(result, release)) {
    const kept = servers.filter(({ failure }) => failure !== null).map(({ name }) => name);
    const all = `${who(result)} now ${verb(result)} ${id(release)}`;
    return kept.length === 0
      ? [`${style.green('✓')} ${style.bold(all)} (${about(result)})`]
      : [
          `${style.yellow('!')} ${style.bold(`${all}, and ${nameList(kept)} failed and kept it`)} (${about(result)})`,
        ];
  }
  const changed = servers.filter(({ current }) => current === release).length;
  const title = `The group is split: ${changed} of ${servers.length} servers serve ${id(release)}`;
  return [`${style.yellow('!')} ${style.bold(title)} (${about(result)})`, ...each(result, style)];
}

/** What to type, where some servers stayed behind or were kept although they failed. */
export function next(result: TransactionResult, style: Style): readonly string[] {
  const advice = adviceFor(result);
  return advice.map((line, index) =>
    index === 0 ? `  ${style.cyan('Next:')} correct what failed; then ${line}` : `        ${line}`,
  );
}

function adviceFor(result: TransactionResult): readonly string[] {
  const { outcome, kind, servers, release, previous } = result;
  if (outcome !== 'committed') return [];
  const isSplit = !allServe(result, release);
  if (!isSplit && servers.every(({ failure }) => failure === null)) return [];
  const environment = escapeRemote(result.environment);
  if (kind === 'rollback') {
    const what = isSplit ? `brings ${id(release)} to the others,` : 'launches it once more,';
    return [
      `"cutover rollback ${environment} --to ${id(release)}" ${what}`,
      `or "cutover deploy ${environment} --unpin" brings the next release to all.`,
    ];
  }
  const afresh = `"cutover deploy ${environment}" brings the next release to all.`;
  if (isSplit)
    return [`"cutover catch-up ${environment}" brings ${id(release)} to the others,`, `or ${afresh}`];
  return [afresh, ...(previous === null ? [] : [`"cutover rollback ${environment}" goes back.`])];
}

function allServe({ servers }: TransactionResult, release: string | null): boolean {
  return servers.every(({ current }) => current === release);
}

function who({ servers }: TransactionResult): string {
  return nameList(servers.map(({ name }) => name));
}

function verb({ servers }: TransactionResult): string {
  return servers.length === 1 ? 'serves' : 'serve';
}

/** `abc1234, 1.2 s, switched within 3 ms` */
function about(result: TransactionResult): string {
  return [
    result.revision === null ? null : shortRevision(result.revision),
    result.tookMs === null ? null : formatDuration(result.tookMs),
    result.activationSkewMs === null ? null : `switched within ${formatDuration(result.activationSkewMs)}`,
  ]
    .filter((part) => part !== null)
    .join(', ');
}

function unchangedIds(result: TransactionResult): string {
  const ids = [...new Set(result.servers.map(({ current }) => (current === null ? 'nothing' : id(current))))];
  const revision = result.revision === null ? '' : ` (${shortRevision(result.revision)})`;
  return ids.join(' and ') + revision;
}

function oldState(result: TransactionResult): string {
  const [only, ...others] = result.servers;
  if (result.previous === null) return 'nothing was live before, and nothing is now';
  const subject = others.length === 0 && only !== undefined ? escapeRemote(only.name) : 'every server';
  return `${subject} serves the old release ${id(result.previous)}`;
}

/** Was `current` switched, or at least tried to be? */
function wasLive({ servers }: TransactionResult): boolean {
  return servers.some(({ steps }) => steps.some(({ name }) => name === 'activate'));
}

/** Servers that began with different releases have different old ones. */
function undone(result: TransactionResult): string {
  const { servers } = result;
  return servers.every(({ outcome }) => outcome === 'compensated') && !wasLive(result)
    ? 'Nothing changed.'
    : 'Undone.';
}

/** A line a server; of many, a line for each release, the one that few serve first, with all their names. */
function each(result: TransactionResult, style: Style): readonly string[] {
  const { servers } = result;
  if (servers.length > MOST_LINES) {
    return [...groupNames(servers, (server) => serves(server, result, style))]
      .sort(([, a], [, b]) => a.length - b.length)
      .map(
        ([what, names]) =>
          `  ${what}, ${plural(names.length, 'server')}: ${style.bold(nameList(names, names.length))}`,
      );
  }
  return table(
    servers.map((server) => [`  ${style.bold(escapeRemote(server.name))}`, serves(server, result, style)]),
  );
}

function serves(server: ServerResult, result: TransactionResult, style: Style): string {
  const { current } = server;
  if (current === null) {
    return server.outcome === 'stranded' ? style.red('no release could be read') : 'nothing';
  }
  if (current === result.release) return `${id(current)} (the new release)`;
  const isOld = current === result.previous || server.outcome === 'compensated';
  return isOld ? `${id(current)} (the old release)` : id(current);
}

function id(release: string): string {
  return escapeRemote(release);
}
