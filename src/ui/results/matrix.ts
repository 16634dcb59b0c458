import { STEPS } from '../../core/contract/index.ts';
import type { ServerResult, TransactionResult } from '../../core/operations/results.ts';
import { escapeRemote } from '../escape.ts';
import { formatBytes, formatDuration } from '../format.ts';
import type { Style } from '../style.ts';
import { table } from '../table.ts';
import { displayWidth } from '../width.ts';

export interface Cell {
  /** Not escaped. */
  readonly text: string;
  readonly look: 'plain' | 'name' | 'nothing' | 'failed' | 'stopped';
}

/** Servers by steps, with times. What is the same for all has no column; where outcomes differ, nobody asks what was sent. */
export interface Matrix {
  readonly titles: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
  /** Columns of times, by index. */
  readonly times: readonly number[];
}

const WIDEST = 80;

/** Null where nothing ran. A row a server, those that failed first. */
export function matrixOf({ servers }: Pick<TransactionResult, 'servers'>): Matrix | null {
  const steps = STEPS.filter((step) => servers.some((server) => server.steps.some((s) => s.name === step)));
  if (steps.length === 0) return null;
  const differ = new Set(servers.map(outcome)).size > 1;
  const batched = new Set(servers.map(({ batch }) => batch)).size > 1;
  const lead = ['', ...(batched ? ['batch'] : []), ...(differ ? ['outcome'] : [])];
  const rows = [...servers]
    .sort((a, b) => rank(a) - rank(b))
    .map((server) => [
      { text: server.name, look: 'name' } as const,
      ...(batched ? [plain(server.batch === null ? '-' : String(server.batch))] : []),
      ...(differ ? [plain(outcome(server))] : []),
      ...steps.map((step) => timeOf(server, step)),
      ...(differ ? [] : [server.uploaded.files === 0 ? nothing : plain(formatBytes(server.uploaded.bytes))]),
    ]);
  return {
    titles: [...lead, ...steps, ...(differ ? [] : ['sent'])],
    rows,
    times: [...steps.keys()].map((index) => index + lead.length),
  };
}

/** For a terminal. The titles take two lines where they would make the table too wide for a common one. */
export function renderMatrix({ titles, rows, times }: Matrix, style: Style): readonly string[] {
  const body = rows.map((row) => row.map((cell) => painted(cell, style)));
  const render = (heads: readonly (readonly string[])[]) =>
    table([...heads.map((head) => head.map(style.dim)), ...body], { alignRight: times }).map(
      (line) => `  ${line}`,
    );
  const wide = render([titles]);
  if (wide.every((line) => displayWidth(line) <= WIDEST)) return wide;
  const words = titles.map((title) => title.split(/(?=[A-Z])/));
  const lower = words.map((parts) => parts.at(-1) ?? '');
  return render([words.map((parts) => parts.slice(0, -1).join('')), lower]);
}

/** What somebody looks for stands first. */
function rank(server: ServerResult): number {
  if (server.outcome === 'stranded' || hasFailed(server)) return 0;
  return server.outcome === 'compensated' ? 1 : 2;
}

function hasFailed({ failure }: ServerResult): boolean {
  return failure !== null && failure.code !== 'E_INTERRUPTED';
}

function outcome(server: ServerResult): string {
  return server.outcome === 'committed' && hasFailed(server) ? 'kept' : server.outcome;
}

const nothing: Cell = { text: '-', look: 'nothing' };

function plain(text: string): Cell {
  return { text, look: 'plain' };
}

function timeOf(server: ServerResult, step: string): Cell {
  if (server.failure?.step === step) {
    return hasFailed(server) ? { text: 'failed', look: 'failed' } : { text: 'stopped', look: 'stopped' };
  }
  const ms = server.steps.find(({ name }) => name === step)?.ms;
  return ms === undefined ? nothing : plain(formatDuration(ms));
}

function painted({ text, look }: Cell, style: Style): string {
  const paint = {
    plain: (each: string) => each,
    name: style.bold,
    nothing: style.dim,
    failed: style.red,
    stopped: style.yellow,
  }[look];
  return paint(escapeRemote(text));
}
