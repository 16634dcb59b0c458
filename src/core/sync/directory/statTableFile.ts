import { hash } from 'node:crypto';
import { ROW_BYTES, type StatTable } from './statTable.ts';

/**
 * HEADER, the sha256 of all that follows, four numbers of 8 bytes (BYTE_ORDER, time, files, bytes of text), the rows,
 * and the text: what the table is about, then the paths, one a line (names with line ends are refused). Numbers stand
 * as in this machine's memory, so that nothing is converted.
 */
export function formatStatTable(table: StatTable, about: string): Uint8Array {
  const text = Buffer.from([JSON.stringify(about), ...table.paths].join('\n'));
  const bytes = new Uint8Array(ROWS_AT + table.rows.length + text.length);
  bytes.set(HEADER);
  const numbers = [BYTE_ORDER, table.takenAtMs, table.paths.length, text.length].map(BigInt);
  bytes.set(new Uint8Array(BigInt64Array.from(numbers).buffer), NUMBERS_AT);
  bytes.set(table.rows, ROWS_AT);
  bytes.set(text, ROWS_AT + table.rows.length);
  bytes.set(checksumOf(bytes), HEADER.length);
  return bytes;
}

/** Null for everything but what `formatStatTable` wrote, whole, about the same and on a machine like this. */
export function parseStatTable(bytes: Uint8Array, about: string): StatTable | null {
  if (bytes.length < ROWS_AT || !HEADER.equals(bytes.subarray(0, HEADER.length))) return null;
  if (!checksumOf(bytes).equals(bytes.subarray(HEADER.length, NUMBERS_AT))) return null;
  const numbers = [...new BigInt64Array(new Uint8Array(bytes.subarray(NUMBERS_AT, ROWS_AT)).buffer)].map(
    Number,
  );
  const [byteOrder, takenAtMs = 0, files = 0, textBytes = 0] = numbers;
  const textAt = ROWS_AT + files * ROW_BYTES;
  if (byteOrder !== BYTE_ORDER || textAt + textBytes !== bytes.length) return null;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + textAt, textBytes).toString();
  const [aboutThat, ...paths] = text.split('\n');
  if (aboutThat !== JSON.stringify(about) || paths.length !== files) return null;
  return { takenAtMs, paths, rows: bytes.subarray(ROWS_AT, textAt) };
}

const HEADER = Buffer.from('cutover stat cache 0001\n');
const NUMBERS_AT = HEADER.length + 32;
const ROWS_AT = NUMBERS_AT + 32;
/** Reads as another number where the bytes of a word stand the other way round. */
const BYTE_ORDER = 0x01020304;

function checksumOf(bytes: Uint8Array): Buffer {
  return hash('sha256', bytes.subarray(NUMBERS_AT), 'buffer');
}
