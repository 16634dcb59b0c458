/** A field of a packet: a number is a uint32, text and bytes are strings with their length (RFC 4251, 5). */
export type Field = number | boolean | string | Uint8Array;

export function encode(fields: readonly Field[]): Buffer {
  return Buffer.concat(fields.flatMap(encodeField));
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function encodeField(field: Field): readonly Uint8Array[] {
  if (typeof field === 'number') return [uint32(field)];
  if (typeof field === 'boolean') return [Buffer.of(field ? 1 : 0)];
  const bytes = typeof field === 'string' ? Buffer.from(field) : field;
  return [uint32(bytes.length), bytes];
}

/** Reads fields in their order. Throws a RangeError behind the end. */
export interface Reader {
  byte(): number;
  uint32(): number;
  bytes(): Buffer;
  text(): string;
}

export function reader(from: Buffer): Reader {
  let at = 0;
  const take = (length: number): Buffer => {
    if (at + length > from.length) throw new RangeError('the packet is too short');
    at += length;
    return from.subarray(at - length, at);
  };
  const bytes = () => take(take(4).readUInt32BE());
  return {
    byte: () => take(1).readUInt8(),
    uint32: () => take(4).readUInt32BE(),
    bytes,
    text: () => bytes().toString(),
  };
}

/** Cuts a stream into what its lengths say. */
export function deframe(onFrame: (frame: Buffer) => void): (chunk: Buffer) => void {
  let held: Buffer = Buffer.alloc(0);
  return (chunk) => {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    while (held.length >= 4) {
      const end = 4 + held.readUInt32BE();
      if (end > MOST_BYTES) throw new RangeError(`a packet of ${end} bytes`);
      if (held.length < end) return;
      const frame = held.subarray(4, end);
      held = held.subarray(end);
      onFrame(frame);
    }
  };
}

/** ssh sends nothing near it: something else is speaking. */
const MOST_BYTES = 1024 * 1024;
