import { type ErrorCode, STEPS } from '../../core/contract/index.ts';
import type { ServerResult, TransactionResult } from '../../core/operations/results.ts';
import { escapeLines, escapeRemote } from '../escape.ts';
import { formatBytes, formatDuration } from '../format.ts';
import type { Style } from '../style.ts';
import { table } from '../table.ts';
import { nameList, plural, reasonOn } from '../wording.ts';
import { groupNames } from './group.ts';
import { headline } from './headline.ts';

/** How a transaction ended. Every word about what is live comes from what was read back. */
export function renderTransaction(result: TransactionResult, style: Style): readonly string[] {
  const headlines = headline(result, style);
  const reasons = failures(result, style);
  return [
    ...headlines,
    ...(headlines.length > 1 && reasons.length > 0 ? [''] : []),
    ...reasons,
    ...transfer(result),
    ...stepTable(result, style),
    ...problems(result, style),
  ];
}

/** Servers that failed in the same way are told of once. */
function failures(result: TransactionResult, style: Style): readonly string[] {
  const groups = groupNames(result.servers, ({ name, failure }) => {
    if (failure === null || (result.interrupted && failure.code === 'E_INTERRUPTED')) return '';
    const [first = '', ...more] = escapeLines(reasonOn(name, failure.message));
    const where = failure.step === null ? 'failed' : `failed in ${failure.step}`;
    const hint = failure.hint === null ? [] : escapeLines(failure.hint);
    return [
      `${where}: ${first}`,
      ...more.map((line) => `    ${line}`),
      ...hint.map((line, index) => (index === 0 ? `    Hint: ${line}` : `          ${line}`)),
    ].join('\n');
  });
  return groups
    .filter(([text]) => text !== '')
    .flatMap(([text, names]) => `  ${style.bold(nameList(names))} ${text}`.split('\n'));
}

/** With one server there is no table to hold this. */
function transfer({ servers }: TransactionResult): readonly string[] {
  const [only, ...others] = servers;
  if (only === undefined || others.length > 0) return [];
  const { uploaded, removed } = only;
  const parts = [
    uploaded.files === 0 ? null : `sent ${plural(uploaded.files, 'file')}, ${formatBytes(uploaded.bytes)}`,
    removed === 0 ? null : `removed ${plural(removed, 'file')}`,
  ].filter((part) => part !== null);
  if (parts.length === 0) return [];
  const text = parts.join('; ');
  return [`  ${text.charAt(0).toUpperCase()}${text.slice(1)}.`];
}

function stepTable({ servers }: TransactionResult, style: Style): readonly string[] {
  const steps = STEPS.filter((step) =>
    servers.some((server) => server.steps.some(({ name }) => name === step)),
  );
  if (servers.length < 2 || steps.length === 0) return [];
  const header = ['', ...steps, 'sent'].map((title) => style.dim(title));
  const rows = servers.map((server) => [
    style.bold(escapeRemote(server.name)),
    ...steps.map((step) => stepTime(server, step, style)),
    server.uploaded.files === 0 ? style.dim('-') : formatBytes(server.uploaded.bytes),
  ]);
  const alignRight = [...steps.keys()].map((index) => index + 1);
  return ['', ...table([header, ...rows], { alignRight }).map((line) => `  ${line}`)];
}

function stepTime(server: ServerResult, step: string, style: Style): string {
  if (server.failure?.step === step) return failed(server.failure.code, style);
  const ms = server.steps.find(({ name }) => name === step)?.ms;
  return ms === undefined ? style.dim('-') : formatDuration(ms);
}

function failed(code: ErrorCode, style: Style): string {
  return code === 'E_INTERRUPTED' ? style.yellow('stopped') : style.red('failed');
}

/** Where it was not committed, one of them may be what stopped it: a lock that was lost. */
function problems({ outcome, problems: all }: TransactionResult, style: Style): readonly string[] {
  if (all.length === 0) return [];
  const lines = all.flatMap((problem) =>
    escapeLines(problem).map((line, index) =>
      index === 0 ? `  ${style.yellow('!')} ${line}` : `    ${line}`,
    ),
  );
  const title = `${plural(all.length, 'problem')}${outcome === 'committed' ? ' that stopped nothing' : ''}:`;
  return ['', title, ...lines];
}
