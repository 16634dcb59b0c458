import { CutoverError } from '../../contract/index.ts';

/** One member of an archive, its path without the leading `./`. */
export type Member =
  | { readonly kind: 'directory'; readonly path: string }
  | { readonly kind: 'link'; readonly path: string; readonly target: string }
  | {
      readonly kind: 'file';
      readonly path: string;
      readonly mode: number;
      readonly sizeBytes: number;
      readonly modifiedAtSec: number;
      /** To be drained before the next member is asked for. */
      readonly chunks: AsyncIterable<Uint8Array>;
    };

const BLOCK = 512;

/** The opposite of `packTar`, and no more than that. Throws `E_REMOTE` when the archive ends early. */
export async function* untar(archive: AsyncIterable<Uint8Array>): AsyncGenerator<Member> {
  const bytes = byteReader(archive);
  try {
    let long: Partial<Record<'K' | 'L', string>> = {};
    for (;;) {
      const header = await bytes.take(BLOCK);
      if (header.every((byte) => byte === 0)) return;
      const sizeBytes = numberAt(header, 124, 12);
      const type = String.fromCharCode(header[156] ?? 0);
      if (type === 'K' || type === 'L') {
        long = { ...long, [type]: (await bytes.take(padded(sizeBytes))).toString('utf8', 0, sizeBytes - 1) };
        continue;
      }
      const path = plain(long.L ?? nameIn(header));
      const target = long.K ?? textAt(header, 157, 100);
      long = {};
      if (type === '5') yield { kind: 'directory', path };
      else if (type === '2') yield { kind: 'link', path, target };
      else {
        const modifiedAtSec = numberAt(header, 136, 12);
        const chunks = bytes.stream(sizeBytes);
        yield { kind: 'file', path, mode: numberAt(header, 100, 8), sizeBytes, modifiedAtSec, chunks };
        await bytes.take(padded(sizeBytes) - sizeBytes);
      }
    }
  } finally {
    await bytes.close();
  }
}

export function endedEarly(): CutoverError {
  return new CutoverError('E_REMOTE', 'the upload ended early');
}

function byteReader(archive: AsyncIterable<Uint8Array>) {
  const source = archive[Symbol.asyncIterator]();
  let held: Buffer = Buffer.alloc(0);
  const more = async () => {
    const { done, value } = await source.next();
    if (done) throw endedEarly();
    // Some of it is still wanted when the archive uses that memory again.
    const piece = Buffer.from(value);
    held = held.length === 0 ? piece : Buffer.concat([held, piece]);
  };
  const cut = (length: number) => {
    const taken = held.subarray(0, length);
    held = held.subarray(length);
    return taken;
  };
  return {
    async take(length: number): Promise<Buffer> {
      while (held.length < length) await more();
      return cut(length);
    },
    async *stream(length: number): AsyncGenerator<Buffer> {
      for (let left = length; left > 0; ) {
        if (held.length === 0) await more();
        const piece = cut(Math.min(left, held.length));
        left -= piece.length;
        yield piece;
      }
    },
    async close() {
      await source.return?.();
    },
  };
}

function padded(sizeBytes: number): number {
  return Math.ceil(sizeBytes / BLOCK) * BLOCK;
}

function nameIn(header: Buffer): string {
  const prefix = textAt(header, 345, 155);
  const name = textAt(header, 0, 100);
  return prefix === '' ? name : `${prefix}/${name}`;
}

function plain(name: string): string {
  return name.replace(/^\.\//, '').replace(/\/$/, '');
}

function textAt(header: Buffer, at: number, length: number): string {
  const field = header.subarray(at, at + length);
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end === -1 ? length : end);
}

/** Octal, or GNU's base-256 where the first bit is set. */
function numberAt(header: Buffer, at: number, length: number): number {
  if (((header[at] ?? 0) & 0x80) !== 0) return Number(header.readBigUInt64BE(at + length - 8));
  return Number.parseInt(textAt(header, at, length).trim() || '0', 8);
}
