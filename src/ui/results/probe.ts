import type { Line, ProbedServer, ProbeResult } from '../../core/operations/probe/result.ts';
import { escapeLines, escapeRemote } from '../escape.ts';
import { formatBytes, formatDuration } from '../format.ts';
import type { Style } from '../style.ts';
import { table } from '../table.ts';
import { reasonOn } from '../wording.ts';

/** A line per server, and below it what it can do, or why it was not reached. */
export function renderProbe({ servers }: ProbeResult, style: Style): readonly string[] {
  const lines = table([HEAD, ...servers.map((server) => row(server, style))], {
    alignRight: [3, 4, 5, 6, 7],
  });
  const [head = '', ...rows] = lines;
  return [
    style.dim(head),
    ...servers.flatMap((server, index) => [rows[index] ?? '', ...details(server, style)]),
  ];
}

const HEAD = ['server', 'transport', 'engine', 'login', 'round trip', 'up', 'down', 'channels'];

function row({ name, transport, engine, loginMs, line }: ProbedServer, style: Style): readonly string[] {
  const start = [style.bold(escapeRemote(name)), escapeRemote(transport)];
  if (loginMs === null) return [...start, style.red('unreachable')];
  return [...start, engine ?? style.red('none'), formatDuration(loginMs), ...lineCells(line)];
}

function lineCells(line: Line | null): readonly string[] {
  if (line === null) return ['-', '-', '-', '-'];
  return [
    roundTrip(line.roundTripMs),
    speed(line.upBytesPerSec),
    speed(line.downBytesPerSec),
    String(line.channels),
  ];
}

function roundTrip(ms: number): string {
  if (ms < 0.1) return '<0.1 ms';
  return ms < 9.95 ? `${ms.toFixed(1)} ms` : formatDuration(ms);
}

function speed(bytesPerSec: number | null): string {
  return bytesPerSec === null ? '-' : `${formatBytes(bytesPerSec)}/s`;
}

function details(server: ProbedServer, style: Style): readonly string[] {
  const { address, shell, tools, sftp, notes, failure, name } = server;
  const told = (label: string, text: string) => `    ${style.dim(label)} ${escapeRemote(text)}`;
  return [
    told('address', address),
    ...(shell === null ? [] : [told('shell  ', shell)]),
    ...(tools.length === 0 ? [] : [told('tools  ', tools.join(' '))]),
    ...(sftp === null ? [] : [told('sftp   ', sftp.join(' ') || 'without extensions')]),
    ...notes.flatMap((note) => marked(note, style.yellow('!'))),
    ...(failure === null ? [] : marked(reasonOn(name, failure.message), style.red('✗'))),
    ...(failure?.hint == null ? [] : marked(failure.hint, ' ')),
  ];
}

function marked(text: string, mark: string): readonly string[] {
  return escapeLines(text).map((line, index) => `    ${index === 0 ? mark : ' '} ${line}`);
}
