import { randomBytes } from 'node:crypto';
import { type ArchiveContents, bytesToSend, packArchive } from '../../sync/archive.ts';
import { mayBeShared } from '../../sync/channels.ts';
import { packed } from '../../sync/compression.ts';
import { endingEarly } from '../../sync/endingEarly.ts';
import { shareArchive } from '../../sync/sharedArchive.ts';
import type { Fence, SyncRequest } from '../engine.ts';
import type { Link } from '../link.ts';
import { otherChannels } from './otherChannels.ts';
import { besideScript } from './receiving.ts';
import { runScript } from './run.ts';
import { syncScript } from './sync.ts';

export interface Shipment {
  readonly path: string;
  readonly fence: Fence;
  readonly request: SyncRequest;
  readonly contents: ArchiveContents;
  /** What has arrived before stays. */
  readonly continues: boolean;
  /** Its contents may go through several channels. */
  readonly isShared: boolean;
}

/** Sends an archive once, and has it applied. Gives the files that the server could not make. */
export async function sendArchive(
  link: Link,
  { path, fence, request, contents, continues, isShared }: Shipment,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { release, cancel, tools } = request;
  const attempt = randomBytes(8).toString('hex');
  const shared = isShared ? shareArchive(contents, attempt) : null;
  const others =
    shared === null
      ? null
      : otherChannels({
          link,
          archive: shared,
          scriptOf: (number, compression) =>
            besideScript(path, fence, { release, attempt, compression, number }),
          roundTripMs: link.roundTripMs()!,
          bytes: bytesToSend(contents),
          cancel,
          signal,
        });
  const archive = endingEarly(shared?.first(others!.ended) ?? packArchive(contents), cancel);
  const { compression, chunks } = await packed(archive.chunks, tools);
  const script = syncScript(path, fence, request, { continues, compression });
  const stream = others?.measured(chunks, compression) ?? chunks;
  try {
    const options = { signal, upload: () => stream, journal: fence.journal, attempts: 1 };
    return (await runScript(link, script, options)).all('resend');
  } catch (error) {
    shared?.fail(error);
    throw archive.reason() ?? error;
  } finally {
    await others?.settled();
    await stream.return(undefined);
    await chunks.return(undefined);
    await shared?.close();
  }
}

/** Whether several channels may pay, and the server can put together what they bring. */
export function mayShare(link: Link, { tools }: SyncRequest, bytes: number): boolean {
  return (
    MAKING_TOOLS.every((tool) => tools?.has(tool)) && mayBeShared({ bytes, roundTripMs: link.roundTripMs() })
  );
}

/** What `make_files` needs. */
const MAKING_TOOLS = ['cp', 'dd', 'xargs', 'sha256sum'];
