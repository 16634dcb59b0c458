import { promisify } from 'node:util';
import { constants, gzip, zstdCompress } from 'node:zlib';

/** How a stream is compressed, by the name of the program that gets it back: `zstd -dc`, `gzip -dc`. */
export type Compression = 'zstd' | 'gzip';

export interface Packed {
  readonly compression: Compression | null;
  readonly chunks: AsyncGenerator<Uint8Array>;
}

/**
 * The stream for a server that has these programs: as it is where it is short, where the server has none, or where its
 * first megabyte does not shrink, which is read ahead to know that.
 */
export async function packed(
  chunks: AsyncIterable<Uint8Array>,
  tools: ReadonlySet<string> | undefined,
): Promise<Packed> {
  const method = (['zstd', 'gzip'] as const).find((each) => tools?.has(each));
  if (method === undefined)
    return { compression: null, chunks: following([], chunks[Symbol.asyncIterator]()) };
  const rest = chunks[Symbol.asyncIterator]();
  const first = await upTo(rest, PIECE_BYTES);
  const all = following(first, rest);
  const sample = Buffer.concat(first);
  if (sample.length < SMALLEST_BYTES) return { compression: null, chunks: all };
  const { frame } = await squeezeHere(sample, method);
  if (frame.length > sample.length * WORTHWHILE) return { compression: null, chunks: all };
  return { compression: method, chunks: compressed(all, method) };
}

/** A few bytes are not worth a program more. */
const SMALLEST_BYTES = 16 * 1024;

async function upTo(chunks: AsyncIterator<Uint8Array>, bytes: number): Promise<readonly Uint8Array[]> {
  const read: Uint8Array[] = [];
  for (let left = bytes; left > 0; ) {
    const { done, value } = await chunks.next();
    if (done === true) break;
    read.push(value);
    left -= value.length;
  }
  return read;
}

async function* following(
  first: readonly Uint8Array[],
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    yield* first;
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}

/**
 * The stream as frames (zstd, RFC 8878) or members (gzip, RFC 1952) that each hold a megabyte and stand for themselves,
 * compressed or as they are. A piece is compressed while that shrinks it by a fifth or more, and is faster than the line:
 * both are measured all the while, by the time that compressing takes, and by the time until the next piece is asked
 * for. So nothing has to be known of the line, and it may change.
 */
export async function* compressed(
  chunks: AsyncIterable<Uint8Array>,
  method: Compression,
  { now = () => performance.now(), squeeze = squeezeHere }: CompressionOptions = {},
): AsyncGenerator<Uint8Array> {
  const meter = startMeter();
  let next: Promise<Uint8Array> | null = null;
  async function* asked(frame: Uint8Array): AsyncGenerator<Uint8Array> {
    const beganAt = now();
    yield frame;
    meter.sent(frame.length, now() - beganAt);
  }
  for await (const piece of inPieces(chunks)) {
    const before = next;
    next = encode(piece, method, meter, squeeze);
    // It is awaited in the next turn; until then nobody would hear that it failed.
    next.catch(() => {});
    if (before !== null) yield* asked(await before);
  }
  if (next !== null) yield* asked(await next);
}

export interface CompressionOptions {
  /** Milliseconds. */
  readonly now?: () => number;
  readonly squeeze?: (piece: Uint8Array, method: Compression) => Promise<Squeezed>;
}

export interface Squeezed {
  readonly frame: Uint8Array;
  /** What it took. */
  readonly ms: number;
}

const PIECE_BYTES = 1024 ** 2;
const LEVELS = { zstd: 1, gzip: 1 } as const;
const WORTHWHILE = 0.8;

/** What cannot be compressed is tried again after so many pieces. */
const PAUSE = 8;

interface Meter {
  sent(bytes: number, ms: number): void;
  tried(bytes: number, frameBytes: number, ms: number): void;
  /** Asked once for each piece. */
  isWorthTrying(): boolean;
}

function startMeter(): Meter {
  const line = rate();
  const work = rate();
  let pause = 0;
  return {
    sent: line.add,
    tried(bytes, frameBytes, ms) {
      work.add(bytes, ms);
      if (frameBytes > bytes * WORTHWHILE) pause = PAUSE;
    },
    isWorthTrying() {
      pause = Math.max(0, pause - 1);
      return pause === 0 && (line.perMs() === null || work.perMs() === null || work.perMs()! > line.perMs()!);
    },
  };
}

/** Of the last few pieces: the first of them go into buffers, and say nothing of the line. */
function rate() {
  const last: { readonly bytes: number; readonly ms: number }[] = [];
  return {
    add(bytes: number, ms: number) {
      last.push({ bytes, ms });
      if (last.length > MEASURED) last.shift();
    },
    perMs() {
      if (last.length < MEASURED) return null;
      const ms = last.reduce((sum, each) => sum + each.ms, 0);
      return last.reduce((sum, each) => sum + each.bytes, 0) / Math.max(ms, 1e-6);
    },
  };
}

const MEASURED = 6;

async function encode(
  piece: Uint8Array,
  method: Compression,
  meter: Meter,
  squeeze: NonNullable<CompressionOptions['squeeze']>,
): Promise<Uint8Array> {
  if (!meter.isWorthTrying()) return stored(piece, method);
  const { frame, ms } = await squeeze(piece, method);
  meter.tried(piece.length, frame.length, ms);
  return frame.length > piece.length * WORTHWHILE ? stored(piece, method) : frame;
}

const zstd = promisify(zstdCompress);
const gzipped = promisify<Uint8Array, { level: number }, Buffer>(gzip);

/** In another thread. */
export async function squeezeHere(piece: Uint8Array, method: Compression): Promise<Squeezed> {
  const beganAt = performance.now();
  const frame =
    method === 'gzip'
      ? await gzipped(piece, { level: LEVELS.gzip })
      : await zstd(piece, { params: { [constants.ZSTD_c_compressionLevel]: LEVELS.zstd } });
  return { frame, ms: performance.now() - beganAt };
}

async function stored(piece: Uint8Array, method: Compression): Promise<Uint8Array> {
  return method === 'gzip' ? gzipped(piece, { level: 0 }) : rawFrame(piece);
}

/** RFC 8878, 3.1.1: magic, a descriptor (one segment, size in four bytes), the size, and raw blocks. */
function rawFrame(piece: Uint8Array): Uint8Array {
  const header = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0xa0, 0, 0, 0, 0]);
  header.writeUInt32LE(piece.length, 5);
  const parts: Uint8Array[] = [header];
  for (let at = 0; at < piece.length; at += BLOCK_BYTES) {
    const block = piece.subarray(at, at + BLOCK_BYTES);
    const isLast = at + block.length === piece.length;
    const head = Buffer.alloc(3);
    head.writeUIntLE((block.length << 3) | (isLast ? 1 : 0), 0, 3);
    parts.push(head, block);
  }
  return Buffer.concat(parts);
}

/** What a block of a frame may hold at the most. */
const BLOCK_BYTES = 128 * 1024;

async function* inPieces(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  for await (const chunk of chunks) {
    pending.push(chunk);
    pendingBytes += chunk.length;
    if (pendingBytes < PIECE_BYTES) continue;
    yield Buffer.concat(pending);
    pending = [];
    pendingBytes = 0;
  }
  if (pendingBytes > 0) yield Buffer.concat(pending);
}
