import type { Event } from '../../core/journal/events.ts';
import { escapeRemote } from '../escape.ts';
import { formatSeconds } from '../format.ts';
import type { Style } from '../style.ts';
import { cut, pad, padStart } from '../width.ts';
import { upload } from './story.ts';

/** What the live frame knows of one server. */
export interface Row {
  readonly name: string;
  readonly state: 'waiting' | 'running' | 'resting' | 'failed' | 'undoing' | 'undone';
  /** The name of the step, or `undo`. */
  readonly step: string;
  /** When that began; where it is live, when it was. */
  readonly sinceMs: number;
  /** It has changed over, and all that belongs to that is done. */
  readonly isLive: boolean;
  /** It changes over, or has. */
  readonly isSwitching: boolean;
  /** Its link is prepared, and it waits for the word. */
  readonly isArmed: boolean;
  readonly upload: { readonly doneBytes: number; readonly totalBytes: number } | null;
  /** The last line or command, as it came. */
  readonly last: string;
  /** The end of what the step's commands printed, as it came. */
  readonly tail: readonly string[];
}

const TAIL_LINES = 10;
/** More than any window shows, so that a line of a megabyte costs nothing. */
const LONGEST = 1_000;

export function newRow(name: string): Row {
  return {
    name,
    state: 'waiting',
    step: '',
    sinceMs: 0,
    isLive: false,
    isSwitching: false,
    isArmed: false,
    upload: null,
    last: '',
    tail: [],
  };
}

/** The row after an event on its server. */
export function advance(row: Row, event: Event, nowMs: number): Row {
  switch (event.type) {
    case 'step.begun':
      return {
        ...newRow(row.name),
        state: 'running',
        step: event.step,
        sinceMs: nowMs,
        isLive: row.isLive,
        isSwitching: row.isSwitching || event.step === 'activate',
      };
    case 'armed':
      return { ...row, isArmed: true };
    case 'step.done':
      return event.step === 'postLaunch'
        ? { ...row, state: 'resting', step: event.step, isLive: true, sinceMs: nowMs }
        : { ...row, state: 'resting', step: event.step };
    case 'step.failed':
      return { ...row, state: 'failed', step: event.step };
    case 'undo.begun':
      return { ...newRow(row.name), state: 'undoing', step: 'undo', sinceMs: nowMs };
    case 'undo.done':
      return { ...row, state: 'undone', step: 'undo' };
    case 'undo.failed':
      return { ...row, state: 'failed', step: 'undo' };
    case 'progress':
      return { ...row, upload: { doneBytes: event.doneBytes, totalBytes: event.totalBytes } };
    case 'hook.begun':
      return { ...row, last: `hook ${event.name}` };
    case 'command':
      return { ...row, last: `$ ${event.run.slice(0, LONGEST)}`, tail: [] };
    case 'output': {
      const line = event.line.replace(/\r$/, '').slice(0, LONGEST);
      return { ...row, last: line, tail: [...row.tail, line].slice(-TAIL_LINES) };
    }
    default:
      return row;
  }
}

export function isActive(row: Row): boolean {
  return row.state === 'running' || row.state === 'undoing';
}

export interface RowLook {
  readonly nameWidth: number;
  readonly columns: number;
  readonly nowMs: number;
  readonly style: Style;
  /** Of the plan; none where it is not known. */
  readonly batches: readonly (readonly string[])[];
}

/** One line of at most `columns`: name, step, time, and what is going on. */
export function rowText(row: Row, { nameWidth, columns, nowMs, style, batches }: RowLook): string {
  const elapsed = isActive(row) ? formatSeconds(nowMs - row.sinceMs) : '';
  const name = pad(cut(flat(row.name), nameWidth), nameWidth);
  const head = `  ${style.bold(name)}  ${pad(row.step, 11)}  ${padStart(elapsed, 5)}  `;
  return cut(head + detail(row, batches, style), columns).trimEnd();
}

function detail(row: Row, batches: RowLook['batches'], style: Style): string {
  if (row.state === 'failed') return style.red('failed');
  if (row.state === 'waiting') return style.dim('waiting');
  if (!isActive(row)) return style.dim(restsAs(row, batches));
  if (row.isArmed) return style.dim('armed, waits for the others');
  if (row.last !== '') return style.dim(flat(row.last.trim()));
  return row.upload === null ? '' : upload(row.upload.doneBytes, row.upload.totalBytes);
}

/** Where it changes over with a batch, which one that is: until then it has nothing to do. */
function restsAs(row: Row, batches: RowLook['batches']): string {
  if (row.state === 'undone') return 'done';
  if (row.isLive) return 'live';
  const batch = batches.findIndex((names) => names.includes(row.name));
  const isStaged = row.step === 'postUpload' && batches.length > 1 && batch !== -1;
  return isStaged ? `ready, batch ${batch + 1} of ${batches.length}` : 'done';
}

/** Escaped, and without tabs: how wide those are depends on where they stand. */
export function flat(text: string): string {
  return escapeRemote(text).replaceAll('\t', ' ');
}
