import { escapeLines } from './escape.ts';
import type { Environment } from './style.ts';

/**
 * What a step of GitHub Actions may tell its runner by lines of its output.
 * Source: docs.github.com, "Workflow commands for GitHub Actions"; actions/toolkit, packages/core/src/command.ts.
 */

export function isInActions(env: Environment): boolean {
  return env.GITHUB_ACTIONS === 'true' && env.CI !== undefined && !['', '0', 'false'].includes(env.CI);
}

/** A line that GitHub shows at the run, and not only in the log. `message` may have several lines; nothing is escaped yet. */
export function annotation(level: 'error' | 'warning', title: string, message: string): string {
  return `::${level} title=${property(oneLine(title))}::${data(escapeLines(message).join('\n'))}`;
}

/** Begins lines that are folded away. Groups do not nest. */
export function groupBegin(title: string): string {
  return `::group::${data(oneLine(title))}`;
}

export const groupEnd = '::endgroup::';

function oneLine(text: string): string {
  return escapeLines(text).join(' ');
}

function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
