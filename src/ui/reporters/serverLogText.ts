import type { Event } from '../../core/journal/events.ts';
import { escapeLines, escapeRemote } from '../escape.ts';
import { formatDuration } from '../format.ts';
import { createStyle } from '../style.ts';
import { opening, resuming, type Setback, sent, setback, stopping } from './story.ts';

const plain = createStyle(false);

/** Lines of a server's log, each beginning with the time. None for what is too small: an upload on its way. */
export function serverLogText(event: Event): readonly string[] {
  return linesOf(event).map((line) => `${escapeRemote(event.at)} ${line}`);
}

function linesOf(event: Event): readonly string[] {
  switch (event.type) {
    case 'opened':
      return opening(event.plan, event.by, plain);
    case 'resumed':
      return [resuming(event, plain)];
    case 'step.begun':
      return [`${event.step} …`];
    case 'step.done':
      return [`${event.step} done, ${sent(event.output)}${formatDuration(event.ms)}`];
    case 'step.failed':
      return failed(event.step, event);
    case 'hook.begun':
      return [`hook ${escapeRemote(event.name)} (${event.point}) …`];
    case 'hook.done':
      return [`hook ${escapeRemote(event.name)} (${event.point}) done, ${formatDuration(event.ms)}`];
    case 'hook.failed':
      return [`hook ${escapeRemote(event.name)} (${event.point}) failed, ${formatDuration(event.ms)}`];
    case 'undo.begun':
      return ['undo …'];
    case 'undo.done':
      return [`undo done, ${formatDuration(event.ms)}`];
    case 'undo.failed':
      return failed('undo', event);
    case 'armed':
      return ['armed'];
    case 'cancelled':
      return [stopping];
    case 'problem':
      return escapeLines(`Problem: ${event.message}`);
    case 'fault':
      return escapeLines(event.stack).map((line, index) => (index === 0 ? `Thrown: ${line}` : `  ${line}`));
    case 'log':
      return escapeLines(event.message);
    case 'closed':
      return [`The group: ${event.outcome}`];
    case 'command':
      return escapeLines(event.run).map((line, index) => `${index === 0 ? '$' : '>'} ${line}`);
    case 'output':
      return escapeLines(event.line).map((line) => `${event.stream === 'stderr' ? '2|' : '|'} ${line}`);
    case 'progress':
      return [];
  }
}

function failed(what: string, fact: Setback): readonly string[] {
  const hint = fact.failure.hint === null ? [] : escapeLines(`Hint: ${fact.failure.hint}`);
  return [...setback(what, fact, plain), ...hint.map((line) => `  ${line}`)];
}
