import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { type Compression, compressed, packed, squeezeHere } from './compression.ts';

const MIB = 1024 ** 2;
const METHODS = ['zstd', 'gzip'] as const;
const back = { zstd: zstdDecompressSync, gzip: gunzipSync } as const;

/** As `packTar` does: in memory that is used again for the next but one. */
async function* piecesOf(content: Buffer) {
  const memory = [Buffer.alloc(MIB), Buffer.alloc(MIB)];
  for (let at = 0; at < content.length; at += MIB) {
    const piece = memory[(at / MIB) % 2]!.fill(0);
    yield piece.subarray(0, content.copy(piece, 0, at));
  }
}

/** Sends over a line of so many bytes a millisecond; compressing a megabyte takes two milliseconds. */
async function send(content: Buffer, method: Compression, bytesPerMs: number) {
  let nowMs = 0;
  const frames: Buffer[] = [];
  const squeeze = async (piece: Uint8Array) => ({ ...(await squeezeHere(piece, method)), ms: 2 });
  for await (const frame of compressed(piecesOf(content), method, { now: () => nowMs, squeeze })) {
    frames.push(Buffer.from(frame));
    nowMs += frame.length / bytesPerMs;
  }
  const whole = Buffer.concat(frames);
  if (whole.length > 0) expect(back[method](whole).equals(content)).toBe(true);
  return { frames, whole };
}

const text = (bytes: number) => Buffer.alloc(bytes, 'It was the best of times, it was the worst of times. ');

test.for(METHODS)('%s: what is sent over a slow line is small', async (method) => {
  const { whole } = await send(text(20 * MIB + 77), method, 1000);
  expect(whole.length).toBeLessThan(MIB);
});

test.for(METHODS)('%s: on a fast line compressing ends once that is seen', async (method) => {
  const { frames } = await send(text(20 * MIB), method, 1e9);
  expect(frames.slice(0, 6).every((frame) => frame.length < MIB / 10)).toBe(true);
  expect(frames.slice(9).every((frame) => frame.length > MIB)).toBe(true);
});

test.for(METHODS)('%s: what cannot be compressed is sent as it is, and the rest is not', async (method) => {
  const noise = randomBytes(3 * MIB);
  const { whole, frames } = await send(Buffer.concat([noise, text(20 * MIB)]), method, 1000);
  expect(whole.length).toBeLessThan(12 * MIB);
  expect(whole.length).toBeGreaterThan(3 * MIB);
  expect(frames.at(-1)!.length).toBeLessThan(MIB / 10);
});

test.for(METHODS)('the program %s reads any mixture', async (method) => {
  const noise = randomBytes(MIB + 5);
  const content = Buffer.concat([text(MIB), noise, text(9 * MIB), noise.subarray(0, 1)]);
  const { whole } = await send(content, method, 1000);
  const read = execFileSync(method, ['-dc'], { input: whole, maxBuffer: 64 * MIB });
  expect(read.equals(content)).toBe(true);
});

test('nothing stays nothing, and an error of the source comes through', async () => {
  expect((await send(Buffer.alloc(0), 'zstd', 1)).frames).toEqual([]);
  async function* broken() {
    yield text(3 * MIB);
    throw new Error('the source broke');
  }
  const all = async () => {
    for await (const _ of compressed(broken(), 'gzip'));
  };
  await expect(all()).rejects.toThrow('the source broke');
});

async function pack(content: Buffer, ...tools: string[]) {
  const { compression, chunks } = await packed(piecesOf(content), new Set(tools));
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(Uint8Array.from(chunk));
  const whole = Buffer.concat(all);
  const read = compression === null ? whole : back[compression](whole);
  expect(read.equals(content)).toBe(true);
  return compression;
}

test('the best that the server has is chosen', async () => {
  expect(await pack(text(3 * MIB), 'gzip', 'zstd')).toBe('zstd');
  expect(await pack(text(3 * MIB), 'gzip')).toBe('gzip');
  expect(await pack(text(3 * MIB))).toBe(null);
});

test('what is short, or does not shrink, is sent as it is', async () => {
  expect(await pack(text(1000), 'zstd')).toBe(null);
  expect(await pack(randomBytes(3 * MIB), 'zstd')).toBe(null);
  expect(await pack(Buffer.alloc(0), 'zstd')).toBe(null);
});

test('a source that is read ahead is closed when nobody reads on', async () => {
  let isClosed = false;
  async function* source() {
    try {
      for (;;) yield text(MIB);
    } finally {
      isClosed = true;
    }
  }
  for await (const _ of (await packed(source(), new Set(['zstd']))).chunks) break;
  expect(isClosed).toBe(true);
});
