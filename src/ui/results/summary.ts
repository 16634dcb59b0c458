import type { TransactionResult } from '../../core/operations/results.ts';
import { escapeLines } from '../escape.ts';
import { createStyle } from '../style.ts';
import type { ErrorView } from './error.ts';
import { headline, next } from './headline.ts';
import { type Cell, type Matrix, matrixOf } from './matrix.ts';
import { failures, problems } from './transaction.ts';

const plain = createStyle(false);
/** GitHub takes a mebibyte of a step. */
const MOST_LINES = 200;
const LONGEST_LINE = 1_000;

/** GitHub-flavoured Markdown of how a transaction ended. The texts of `result` must be free of secrets. `toGoBack`: as for `headline`. */
export function transactionSummary(result: TransactionResult, toGoBack = false): string {
  const matrix = matrixOf(result);
  return [
    `### ${markdown(`${result.environment}: ${result.outcome}, ${result.release}`)}`,
    paragraph(headline(result, plain, toGoBack)),
    paragraph([...failures(result, plain), ...next(result, plain)]),
    matrix === null ? '' : tableOf(matrix),
    paragraph(problems(result, plain)),
  ]
    .filter((part) => part !== '')
    .map((part) => `${part}\n`)
    .join('\n');
}

/** The same of what was refused, or could not begin. */
export function errorSummary({ code, message, hint }: ErrorView): string {
  const lines = [...message.split('\n'), ...(hint === null ? [] : [`Hint: ${hint}`])];
  return `### ${markdown(`✗ ${code}`)}\n\n${paragraph(lines)}\n`;
}

function paragraph(lines: readonly string[]): string {
  return lines
    .filter((line) => line !== '')
    .slice(0, MOST_LINES)
    .map((line) => markdown(line.trim()))
    .join('<br>');
}

function tableOf({ titles, rows, times }: Matrix): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const right = new Set(times);
  return [
    line(titles.map((title) => markdown(title === '' ? 'server' : title))),
    line(titles.map((_, index) => (right.has(index) ? '---:' : '---'))),
    ...rows.map((row) => line(row.map(cellText))),
  ].join('\n');
}

function cellText({ text, look }: Cell): string {
  return look === 'name' || look === 'failed' ? `**${markdown(text)}**` : markdown(text);
}

/** One line of text as Markdown that shows just that: no markup, no HTML, no link, no formula. */
function markdown(text: string): string {
  return escapeLines(text)
    .join(' ')
    .slice(0, LONGEST_LINE)
    .replace(/[\\`*_{}[\]#+.!|~@:^=-]/g, '\\$&')
    .replace(/[<>&$]|www/gi, (found) => (found.length > 1 ? `w\u200bww` : `&#${found.charCodeAt(0)};`));
}
