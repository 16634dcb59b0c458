import { bytesOf, type RawPath } from '../exclusion.ts';
import { type ByteReader, byteReader, counted, whole } from './byteReader.ts';
import { gitStream, type Repository } from './command.ts';

export interface ArchivedFile {
  readonly path: RawPath;
  readonly sizeBytes: number;
  /** What is left unread is skipped when the next file is asked for. */
  readonly chunks: AsyncIterable<Uint8Array>;
}

/**
 * These regular files as git-archive(1) exports them, in the order of their paths, which must be that of `paths`.
 * Understands the tar that git writes: ustar, with pax headers for long names and large sizes.
 */
export async function* readArchived(
  repository: Repository,
  commit: string,
  paths: readonly RawPath[],
  signal: AbortSignal,
): AsyncGenerator<ArchivedFile> {
  for (let at = 0; at < paths.length; at += PATHS_AT_A_TIME) {
    const some = paths.slice(at, at + PATHS_AT_A_TIME);
    const names = some.map((path) => bytesOf(path).toString());
    const args = ['--literal-pathspecs', 'archive', '--format=tar', commit, '--', ...names];
    const reader = byteReader(gitStream(repository, args, { signal }));
    try {
      yield* tarFiles(reader);
    } finally {
      await reader.close();
    }
  }
}

/** A command line of the longest paths (4,096 bytes) stays below a megabyte, the limit of macOS. */
const PATHS_AT_A_TIME = 200;
const BLOCK_BYTES = 512;

interface PaxFields {
  path?: string;
  size?: string;
}

async function* tarFiles(reader: ByteReader): AsyncGenerator<ArchivedFile> {
  let pax: PaxFields = {};
  for (;;) {
    const header = await whole(reader.take(BLOCK_BYTES));
    const type = header.toString('latin1', 156, 157);
    if (header.length < BLOCK_BYTES || type === '\0') return;
    const sizeBytes = Number(pax.size ?? Number.parseInt(textField(header, 124, 12), 8));
    const padding = (BLOCK_BYTES - (sizeBytes % BLOCK_BYTES)) % BLOCK_BYTES;
    if (type === 'x') {
      pax = paxFields(await whole(reader.take(sizeBytes)));
      await whole(reader.take(padding));
      continue;
    }
    let unread = sizeBytes;
    const content = counted(reader.take(sizeBytes), (count) => (unread -= count));
    if (type === '0') yield { path: pax.path ?? nameOf(header), sizeBytes, chunks: content };
    for await (const chunk of reader.take(unread + padding)) void chunk;
    pax = {};
  }
}

function nameOf(header: Buffer): RawPath {
  const prefix = textField(header, 345, 155);
  return prefix === '' ? textField(header, 0, 100) : `${prefix}/${textField(header, 0, 100)}`;
}

function textField(header: Buffer, at: number, length: number): string {
  return header.toString('latin1', at, at + length).replace(/\0.*$/s, '');
}

/** Records of `length key=value<LF>`, the length counting itself (POSIX.1-2017, pax, "pax Extended Header"). */
function paxFields(content: Buffer): PaxFields {
  const fields: PaxFields = {};
  for (let at = 0; at < content.length; ) {
    const record = content.toString('latin1', at);
    const lengthBytes = Number.parseInt(record, 10);
    if (!(lengthBytes > 0)) break;
    const [, key, value] = /^\d+ ([^=]+)=(.*)\n$/s.exec(record.slice(0, lengthBytes)) ?? [];
    if ((key === 'path' || key === 'size') && value !== undefined) fields[key] = value;
    at += lengthBytes;
  }
  return fields;
}
