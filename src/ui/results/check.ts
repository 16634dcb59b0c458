import type { CheckResult, Finding } from '../../core/operations/results.ts';
import { escapeLines, escapeRemote } from '../escape.ts';
import type { Style } from '../style.ts';
import { plural } from '../wording.ts';
import { renderGroups } from './group.ts';

/** What was looked at on each server, each fault with its fix, and a count. */
export function renderCheck(result: CheckResult, style: Style): readonly string[] {
  return [
    ...renderGroups([...general(result), ...result.servers], style, ({ findings }) =>
      findings.flatMap((finding) => findingLines(finding, style)),
    ),
    '',
    summary(result, style),
  ];
}

function general({ source, extensions }: CheckResult) {
  const named = { name: 'hooks and notifiers', findings: extensions };
  return [{ name: 'source', findings: source }, ...(extensions.length === 0 ? [] : [named])];
}

function findingLines({ level, message, fix }: Finding, style: Style): readonly string[] {
  const mark = { ok: style.green('✓'), warning: style.yellow('!'), error: style.red('✗') }[level];
  return [
    ...escapeLines(message).map((line, index) => (index === 0 ? `${mark} ${line}` : `  ${line}`)),
    ...(fix === null
      ? []
      : escapeLines(fix).map((line, index) => (index === 0 ? `    Fix: ${line}` : `         ${line}`))),
  ];
}

function summary({ environment, source, extensions, servers }: CheckResult, style: Style): string {
  const levels = [...source, ...extensions, ...servers.flatMap(({ findings }) => findings)].map(
    ({ level }) => level,
  );
  const errors = levels.filter((level) => level === 'error').length;
  const warnings = levels.filter((level) => level === 'warning').length;
  const where = `on ${plural(servers.length, 'server')} of ${escapeRemote(environment)}`;
  if (errors + warnings === 0) return style.green(`All is well ${where}.`);
  const counts = [
    errors === 0 ? null : style.red(plural(errors, 'error')),
    warnings === 0 ? null : style.yellow(plural(warnings, 'warning')),
  ].filter((count) => count !== null);
  return `${counts.join(' and ')} ${where}.`;
}
