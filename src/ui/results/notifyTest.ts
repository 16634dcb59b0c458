import type { NotifyTestResult, TestedNotifier } from '../../core/operations/results.ts';
import { escapeLines, escapeRemote } from '../escape.ts';
import type { Style } from '../style.ts';

/** What was sent to each notifier, and whether it was taken. */
export function renderNotifyTest({ notifiers }: NotifyTestResult, style: Style): readonly string[] {
  return notifiers.flatMap(({ name, notices }, index) => [
    ...(index === 0 ? [] : ['']),
    style.bold(escapeRemote(name)),
    ...notices.flatMap((notice) => lines(notice, style)).map((line) => `  ${line}`),
  ]);
}

function lines(
  { events, title, problem }: TestedNotifier['notices'][number],
  style: Style,
): readonly string[] {
  const what = `${escapeRemote(title)} ${style.dim(`(${events.join(', ')})`)}`;
  if (problem === null) return [`${style.green('✓')} ${what}`];
  return [`${style.red('✗')} ${what}`, ...escapeLines(problem).map((line) => `  ${line}`)];
}
