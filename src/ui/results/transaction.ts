import type { TransactionResult } from '../../core/operations/results.ts';
import { escapeLines } from '../escape.ts';
import { formatBytes } from '../format.ts';
import type { Style } from '../style.ts';
import { nameList, plural, reasonOn } from '../wording.ts';
import { groupNames } from './group.ts';
import { headline, next } from './headline.ts';
import { matrixOf, renderMatrix } from './matrix.ts';

const MOST_ROWS_BELOW = 16;

/**
 * How a transaction ended. Every word about what is live comes from what was read back. `toGoBack`: it was resumed to be
 * taken back, and so having been is no failure.
 */
export function renderTransaction(
  result: TransactionResult,
  style: Style,
  toGoBack = false,
): readonly string[] {
  const headlines = headline(result, style, toGoBack);
  const reasons = failures(result, style);
  const table = stepTable(result, style);
  // A long table would push what matters out of sight.
  const isLong = table.length > MOST_ROWS_BELOW;
  return [
    ...(isLong ? [...table, ''] : []),
    ...headlines,
    ...(headlines.length > 1 && reasons.length > 0 ? [''] : []),
    ...reasons,
    ...next(result, style),
    ...transfer(result),
    ...(isLong || table.length === 0 ? [] : ['', ...table]),
    ...problems(result, style),
  ];
}

/** Servers that failed in the same way are told of once. */
export function failures(result: TransactionResult, style: Style): readonly string[] {
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

function stepTable(result: TransactionResult, style: Style): readonly string[] {
  const matrix = result.servers.length < 2 ? null : matrixOf(result);
  return matrix === null ? [] : renderMatrix(matrix, style);
}

/** Where it was not committed, one of them may be what stopped it: a lock that was lost. */
export function problems({ outcome, problems: all }: TransactionResult, style: Style): readonly string[] {
  if (all.length === 0) return [];
  const lines = all.flatMap((problem) =>
    escapeLines(problem).map((line, index) =>
      index === 0 ? `  ${style.yellow('!')} ${line}` : `    ${line}`,
    ),
  );
  const title = `${plural(all.length, 'problem')}${outcome === 'committed' ? ' that stopped nothing' : ''}:`;
  return ['', title, ...lines];
}
