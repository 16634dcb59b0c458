/**
 * One 512-byte header in the ustar format (POSIX.1-2017, pax, "ustar Interchange Format"), preceded by GNU's long
 * name and long link entries where the fields are too short: GNU tar and BusyBox both read those, BusyBox ignores
 * pax headers. Owner 0, no names.
 */
export function tarHeader(entry: TarEntry): Uint8Array {
  const name = Buffer.from(entry.name);
  const target = Buffer.from(entry.target);
  const split = splitName(name);
  const parts: Buffer[] = [];
  if (target.length > FIELDS.target.length) parts.push(longEntry('K', target));
  if (split === null) parts.push(longEntry('L', name));
  const fields = split ?? { name: name.subarray(0, FIELDS.name.length), prefix: EMPTY };
  parts.push(header({ ...entry, ...fields, target: target.subarray(0, FIELDS.target.length) }));
  return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
}

export interface TarEntry {
  readonly type: 'file' | 'directory' | 'link';
  readonly name: string;
  readonly mode: number;
  readonly sizeBytes: number;
  readonly modifiedAtSec: number;
  /** The text of a link, else empty. */
  readonly target: string;
}

/** How many zeros follow content of this size, so that the next header starts at a multiple of 512. */
export function paddingBytes(sizeBytes: number): number {
  return (BLOCK_BYTES - (sizeBytes % BLOCK_BYTES)) % BLOCK_BYTES;
}

export const BLOCK_BYTES = 512;

const EMPTY = Buffer.alloc(0);
const TYPES = { file: '0', directory: '5', link: '2' } as const;
const FIELDS = {
  name: { at: 0, length: 100 },
  mode: { at: 100, length: 8 },
  owner: { at: 108, length: 8 },
  group: { at: 116, length: 8 },
  size: { at: 124, length: 12 },
  time: { at: 136, length: 12 },
  checksum: { at: 148, length: 8 },
  type: { at: 156, length: 1 },
  target: { at: 157, length: 100 },
  magic: { at: 257, length: 8 },
  prefix: { at: 345, length: 155 },
} as const;

interface HeaderFields {
  readonly type: TarEntry['type'] | 'L' | 'K';
  readonly name: Buffer;
  readonly prefix: Buffer;
  readonly mode: number;
  readonly sizeBytes: number;
  readonly modifiedAtSec: number;
  readonly target: Buffer;
}

function header(fields: HeaderFields): Buffer {
  // From the pool: zeroed memory of its own costs more than all the rest.
  const block = Buffer.allocUnsafe(BLOCK_BYTES).fill(0);
  fields.name.copy(block, FIELDS.name.at);
  writeNumber(block, FIELDS.mode, fields.mode);
  writeNumber(block, FIELDS.owner, 0);
  writeNumber(block, FIELDS.group, 0);
  writeNumber(block, FIELDS.size, fields.sizeBytes);
  writeNumber(block, FIELDS.time, fields.modifiedAtSec);
  const { type } = fields;
  block.write(type === 'L' || type === 'K' ? type : TYPES[type], FIELDS.type.at);
  fields.target.copy(block, FIELDS.target.at);
  block.write('ustar\0' + '00', FIELDS.magic.at, 'latin1');
  fields.prefix.copy(block, FIELDS.prefix.at);
  writeChecksum(block);
  return block;
}

/** Octal and a NUL; where that is too short, GNU's base-256: the first bit set, then big-endian. */
function writeNumber(block: Buffer, field: { at: number; length: number }, value: number): void {
  const digits = value.toString(8).padStart(field.length - 1, '0');
  if (digits.length < field.length) {
    block.write(digits, field.at, 'latin1');
    return;
  }
  block.writeUInt8(0x80, field.at);
  block.writeBigUInt64BE(BigInt(value), field.at + field.length - 8);
}

/** The sum of all bytes of the header, its own field counted as spaces. */
function writeChecksum(block: Buffer): void {
  block.fill(' ', FIELDS.checksum.at, FIELDS.checksum.at + FIELDS.checksum.length);
  let sum = 0;
  for (const byte of block) sum += byte;
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, FIELDS.checksum.at, 'latin1');
}

function longEntry(type: 'L' | 'K', text: Buffer): Buffer {
  const sizeBytes = text.length + 1;
  const name = Buffer.from('././@LongLink');
  const block = header({
    type,
    name,
    prefix: EMPTY,
    mode: 0o644,
    sizeBytes,
    modifiedAtSec: 0,
    target: EMPTY,
  });
  return Buffer.concat([block, text, Buffer.alloc(1 + paddingBytes(sizeBytes))]);
}

/** Null when no slash lets both halves fit. The slash itself is in neither, the last one of a directory is no choice. */
function splitName(name: Buffer): { readonly name: Buffer; readonly prefix: Buffer } | null {
  if (name.length <= FIELDS.name.length) return { name, prefix: EMPTY };
  const slash = name.lastIndexOf('/', Math.min(FIELDS.prefix.length, name.length - 2));
  if (slash < 1 || name.length - slash - 1 > FIELDS.name.length) return null;
  return { name: name.subarray(slash + 1), prefix: name.subarray(0, slash) };
}
