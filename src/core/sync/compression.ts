import { promisify } from 'node:util';
import { constants, gzip, zstdCompress } from 'node:zlib';
import { PIECE_BYTES } from './packTar.ts';

/** How a stream is compressed, by the name of the program that gets it back: `zstd -dc`, `gzip -dc`. */
export type Compression = 'zstd' | 'gzip';

export interface Packed {
  readonly compression: Compression | null;
  readonly chunks: AsyncGenerator<Uint8Array>;
}

/**
 * The stream for a server that has these programs: as it is where it is short, where the server has none, or where its
 * first piece does not shrink, which is read ahead to know that. Pieces are those of `packTar`, and each chunk of the
 * answer stays as it is until the next one is asked for.
 */
export async function packed(
  pieces: AsyncIterable<Uint8Array>,
  tools: ReadonlySet<string> | undefined,
): Promise<Packed> {
  const method = (['zstd', 'gzip'] as const).find((each) => tools?.has(each));
  const rest = pieces[Symbol.asyncIterator]();
  if (method === undefined) return { compression: null, chunks: following(null, rest) };
  const { value: first = null } = await rest.next();
  const all = following(first, rest);
  if (first === null || first.length < SMALLEST_BYTES) return { compression: null, chunks: all };
  const { frame } = await squeezeHere(first, method);
  if (frame.length > first.length * WORTHWHILE) return { compression: null, chunks: all };
  return { compression: method, chunks: compressed(all, method) };
}

/** A few bytes are not worth a program more. */
const SMALLEST_BYTES = 16 * 1024;

async function* following(
  first: Uint8Array | null,
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    if (first !== null) yield first;
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}

/**
 * The stream as frames (zstd, RFC 8878) or members (gzip, RFC 1952) that each hold a piece and stand for themselves,
 * compressed or as they are. A piece is compressed while that shrinks it by a fifth or more, and is faster than the line:
 * both are measured all the while, by the time that compressing takes, and by the time until the next piece is asked
 * for. So nothing has to be known of the line, and it may change.
 */
export async function* compressed(
  pieces: AsyncIterable<Uint8Array>,
  method: Compression,
  { now = () => performance.now(), squeeze = squeezeHere }: CompressionOptions = {},
): AsyncGenerator<Uint8Array> {
  const meter = startMeter();
  // Two are under way at a time.
  let [store, other] = method === 'gzip' ? [gzipStored, gzipStored] : [rawFrames(), rawFrames()];
  let next: Promise<Uint8Array> | null = null;
  async function* asked(frame: Uint8Array): AsyncGenerator<Uint8Array> {
    const beganAt = now();
    yield frame;
    meter.sent(frame.length, now() - beganAt);
  }
  for await (const piece of pieces) {
    const before = next;
    next = encode(piece, { method, meter, squeeze, store });
    [store, other] = [other, store];
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

type Store = (piece: Uint8Array) => Promise<Uint8Array>;

interface Encoding {
  readonly method: Compression;
  readonly meter: Meter;
  readonly squeeze: NonNullable<CompressionOptions['squeeze']>;
  readonly store: Store;
}

async function encode(piece: Uint8Array, { method, meter, squeeze, store }: Encoding): Promise<Uint8Array> {
  if (!meter.isWorthTrying()) return store(piece);
  const { frame, ms } = await squeeze(piece, method);
  meter.tried(piece.length, frame.length, ms);
  return frame.length > piece.length * WORTHWHILE ? store(piece) : frame;
}

const zstd = promisify(zstdCompress);
const gzipped = promisify<Uint8Array, { level: number; chunkSize: number }, Buffer>(gzip);

/** Of memory for what comes out: node begins with 16 KiB, and puts many of them together. */
const OUTPUT_BYTES = 256 * 1024;

/** In another thread. */
export async function squeezeHere(piece: Uint8Array, method: Compression): Promise<Squeezed> {
  const beganAt = performance.now();
  const frame =
    method === 'gzip'
      ? await gzipped(piece, { level: LEVELS.gzip, chunkSize: OUTPUT_BYTES })
      : await zstd(piece, {
          params: { [constants.ZSTD_c_compressionLevel]: LEVELS.zstd },
          chunkSize: OUTPUT_BYTES,
        });
  return { frame, ms: performance.now() - beganAt };
}

async function gzipStored(piece: Uint8Array): Promise<Uint8Array> {
  return gzipped(piece, { level: 0, chunkSize: 2 * PIECE_BYTES });
}

/**
 * RFC 8878, 3.1.1: magic, a descriptor (one segment, size in four bytes), the size, and raw blocks. Always into the same
 * memory.
 */
function rawFrames(): Store {
  let memory = Buffer.alloc(0);
  return async (piece) => {
    const blocks = Math.ceil(piece.length / BLOCK_BYTES);
    const frameBytes = FRAME_HEADER_BYTES + blocks * BLOCK_HEADER_BYTES + piece.length;
    if (memory.length < frameBytes) memory = Buffer.allocUnsafeSlow(frameBytes);
    memory.set([0x28, 0xb5, 0x2f, 0xfd, 0xa0]);
    let end = memory.writeUInt32LE(piece.length, 5);
    for (let at = 0; at < piece.length; at += BLOCK_BYTES) {
      const block = piece.subarray(at, at + BLOCK_BYTES);
      const isLast = at + block.length === piece.length;
      end = memory.writeUIntLE((block.length << 3) | (isLast ? 1 : 0), end, BLOCK_HEADER_BYTES);
      memory.set(block, end);
      end += block.length;
    }
    return memory.subarray(0, end);
  };
}

const FRAME_HEADER_BYTES = 9;
const BLOCK_HEADER_BYTES = 3;

/** What a block of a frame may hold at the most. */
const BLOCK_BYTES = 128 * 1024;
