import type { Json } from '../../core/contract/index.ts';
import type { Event } from '../../core/journal/events.ts';
import type { Failure } from '../../core/journal/facts.ts';
import { stepsOf } from '../../core/plan/stepsOf.ts';
import type { Plan } from '../../core/plan/types.ts';
import { escapeLines, escapeRemote } from '../escape.ts';
import { formatBytes, formatDuration } from '../format.ts';
import type { Style } from '../style.ts';
import { nameList, plural, reasonOn, shortRevision } from '../wording.ts';

/** The sentences that both ways of telling the story share. Each takes and gives text without line ends. */

export function opening(plan: Plan, by: string, style: Style): readonly string[] {
  const application = escapeRemote(plan.application);
  const environment = escapeRemote(plan.environment);
  const release = escapeRemote(plan.release);
  const title =
    plan.kind === 'rollback'
      ? `Rolling ${application} back on ${environment} to ${release}`
      : `Deploying ${application} to ${environment} as ${release}`;
  const servers = nameList(plan.servers.map(({ name }) => name));
  const what = [
    plan.revision === null ? null : shortRevision(plan.revision),
    plan.branch === null ? null : `(${escapeRemote(plan.branch)})`,
    plan.message === null ? null : escapeRemote(plan.message),
  ].filter((part) => part !== null);
  return [
    `${style.bold(title)} on ${servers}, by ${escapeRemote(by)}`,
    ...(what.length === 0 ? [] : [`  ${what.join(' ')}`]),
  ];
}

type Resumed = Extract<Event, { type: 'resumed' }>;

export function resuming({ plan: { release, servers }, abort }: Resumed, style: Style): string {
  const names = nameList(servers.map(({ name }) => name));
  const what = abort ? 'Taking back' : 'Going on with';
  return `${style.bold(`${what} ${escapeRemote(release)}`)} on ${names}`;
}

/** A rollback sends and builds nothing: of steps that have nothing to do there is nothing to tell. */
export function isOfIdleStep(event: Event, plan: Plan | null): boolean {
  if (plan === null || (event.type !== 'step.begun' && event.type !== 'step.done')) return false;
  return !stepsOf(plan.kind).includes(event.step);
}

/** Where somebody asked that all is taken back, what is not done for it is no news, nor is it that somebody asked. */
export function isLeftUndone(event: Event): boolean {
  if (event.type === 'step.failed') return event.failure.code === 'E_INTERRUPTED';
  return event.type === 'cancelled' || (event.type === 'step.begun' && event.step !== 'prune');
}

/** Under `keep` and `revert-server` some may stay. */
export function compensating(plan: Plan | null): string {
  const { onFailure } = plan ?? { onFailure: 'revert-all' };
  const who =
    onFailure === 'revert-all' ? 'every server' : `whoever does not stay by onFailure: ${onFailure}`;
  return `Compensating: ${who} goes back to what it served before.`;
}

export const stopping = 'Asked to stop: what was begun is undone.';

export interface Setback {
  readonly server: string;
  readonly ms: number;
  readonly failure: Failure;
}

/** `postUpload failed after 3.2 s: why`, and further lines of the reason. The hint stands in the result. */
export function setback(what: string, { server, ms, failure }: Setback, style: Style): readonly string[] {
  const [first = '', ...more] = escapeLines(reasonOn(server, failure.message));
  const title = stopsNothing(what, failure)
    ? style.yellow(
        `${what} ${failure.code === 'E_INTERRUPTED' ? 'stopped' : 'failed'} after ${formatDuration(ms)}`,
      )
    : style.red(`${what} failed after ${formatDuration(ms)}`);
  return [`${title}: ${first}`, ...more.map((line) => `  ${line}`)];
}

/** Old releases that stay are a problem, and somebody's wish to stop is no fault. */
export function stopsNothing(what: string, failure: Failure): boolean {
  return what === 'prune' || failure.code === 'E_INTERRUPTED';
}

/** `12 files, 3.4 MB to send`; null when nothing is to be sent or removed. */
export function work(plan: Plan | null, server: string): string | null {
  const changes = plan?.servers.find(({ name }) => name === server)?.changes;
  if (changes === undefined) return null;
  const sent = changes.added + changes.updated;
  const parts = [
    sent === 0 ? null : `${plural(sent, 'file')}, ${formatBytes(changes.bytes)} to send`,
    changes.removed === 0 ? null : `${changes.removed} to remove`,
  ].filter((part) => part !== null);
  return parts.length === 0 ? null : parts.join(', ');
}

/** `1.7 MB of 3.4 MB (50 %)` */
export function upload(doneBytes: number, totalBytes: number): string {
  const percent = totalBytes === 0 ? 100 : Math.floor((doneBytes / totalBytes) * 100);
  return `${formatBytes(doneBytes)} of ${formatBytes(totalBytes)} (${percent} %)`;
}

/** `12 files, 3.4 MB sent, 1 removed, `, from what the step gave; empty for other steps. */
export function sent(output: Json): string {
  if (typeof output !== 'object' || output === null || !('files' in output)) return '';
  const { files, bytes, removed } = output;
  if (typeof files !== 'number' || typeof bytes !== 'number') return '';
  const gone = typeof removed === 'number' && removed > 0 ? `${removed} removed, ` : '';
  return (files === 0 ? '' : `${plural(files, 'file')}, ${formatBytes(bytes)} sent, `) + gone;
}
