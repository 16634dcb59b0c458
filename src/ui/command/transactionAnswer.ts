import type { TransactionResult } from '../../core/operations/results.ts';
import { escapeRemote } from '../escape.ts';
import { mapStrings } from '../reporters/redacted.ts';
import { serverLogPath } from '../reporters/serverLogs.ts';
import { transactionSummary } from '../results/summary.ts';
import { renderTransaction } from '../results/transaction.ts';
import type { Answer } from './baseCommand.ts';
import { exitCodeOfResult } from './exitCodes.ts';
import type { Session } from './session.ts';

/** What a transaction came to, for people and for machines. `toGoBack`: it was resumed for that, which then is a success. */
export function transactionAnswer(
  { style, logs, redact, strays }: Session,
  found: TransactionResult,
  toGoBack = false,
): Answer {
  const result = { ...found, problems: [...found.problems, ...strays(), ...logs.problems()] };
  const log = logOf(result, logs.directory());
  return {
    json: result,
    lines: [
      ...renderTransaction(result, style, toGoBack),
      ...(log === null ? [] : ['', `  ${style.dim('Full log:')} ${escapeRemote(log)}`]),
    ],
    exitCode: toGoBack && result.outcome === 'compensated' ? 0 : exitCodeOfResult(found),
    // Before it is escaped as Markdown: what is left of a secret then would not be recognised.
    summary: () => transactionSummary(mapStrings(result, redact) as TransactionResult, toGoBack),
  };
}

/** The file of the one server that failed, or where those of all are; null where nothing did. */
function logOf({ servers }: TransactionResult, directory: string | null): string | null {
  const failed = servers.filter(({ failure }) => failure !== null && failure.code !== 'E_INTERRUPTED');
  const [first, ...others] = failed;
  if (first === undefined || directory === null) return null;
  return others.length === 0 ? serverLogPath(directory, first.name) : directory;
}
