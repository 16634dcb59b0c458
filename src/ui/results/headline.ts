import { STEPS } from '../../core/contract/index.ts';
import type { ServerResult, TransactionResult } from '../../core/operations/results.ts';
import { escapeRemote } from '../escape.ts';
import { formatDuration } from '../format.ts';
import type { Style } from '../style.ts';
import { table } from '../table.ts';
import { nameList, shortRevision } from '../wording.ts';

/** The outcome in words, and where servers differ a line for each. */
export function headline(result: TransactionResult, style: Style): readonly string[] {
  const interrupted = result.interrupted ? 'Interrupted. ' : '';
  switch (result.outcome) {
    case 'committed':
      return allServe(result, result.release)
        ? [
            `${style.green('✓')} ${style.bold(`${who(result)} now ${verb(result)} ${id(result.release)}`)} (${about(result)})`,
          ]
        : [
            `${style.yellow('!')} ${style.bold('Done, and this is what each server serves now:')}`,
            ...each(result, style),
          ];
    case 'unchanged':
      return [
        `${style.green('✓')} ${style.bold(`Nothing to do: ${who(result)} already ${verb(result)}`)} ${unchangedIds(result)}`,
      ];
    case 'compensated':
      return allServe(result, result.previous)
        ? [
            `${style.red('✗')} ${interrupted}${style.bold(`${wasLive(result) ? 'Taken back' : 'Nothing changed'}: ${oldState(result)}.`)}`,
          ]
        : [
            `${style.red('✗')} ${interrupted}${style.bold(`${undone(result)} Each server serves:`)}`,
            ...each(result, style),
          ];
    case 'stranded':
      return [
        `${style.red('✗')} ${interrupted}${style.bold('Stranded: a person is needed. Each server serves:')}`,
        ...each(result, style),
      ];
  }
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
    formatDuration(totalMs(result.servers)),
    result.activationSkewMs === null ? null : `switched within ${formatDuration(result.activationSkewMs)}`,
  ]
    .filter((part) => part !== null)
    .join(', ');
}

/** Servers wait for one another after each step, so the slowest of each step counts. */
function totalMs(servers: readonly ServerResult[]): number {
  const slowest = STEPS.map((step) =>
    Math.max(
      0,
      ...servers.flatMap(({ steps }) => steps.filter(({ name }) => name === step).map(({ ms }) => ms)),
    ),
  );
  return slowest.reduce((sum, ms) => sum + ms, 0);
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

function each(result: TransactionResult, style: Style): readonly string[] {
  return table(
    result.servers.map((server) => [
      `  ${style.bold(escapeRemote(server.name))}`,
      serves(server, result, style),
    ]),
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
