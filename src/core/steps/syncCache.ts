import { CutoverError } from '../contract/index.ts';
import { releaseTimeSec } from '../release/id.ts';
import { packArchive } from '../sync/archive.ts';
import { wholeFiles } from '../sync/wholeFiles.ts';
import { patiently, type Step } from './context.ts';

/** Brings the deploy-cache up to the manifest of the source. */
export const syncCache: Step = async (context) => {
  const { engine, fence, plan, server, upload, cancel } = context;
  if (upload === null) return null;
  const { work, snapshot } = upload;
  const files = work.diff.upload.length;
  if (!work.fresh && work.diff.changes.length === 0 && !context.seen.cache.pending)
    return { files: 0, bytes: 0, removed: 0 };
  const archive = endingEarly(cancel, (kept) =>
    packArchive({
      kept,
      release: plan.release,
      work,
      snapshot,
      modifiedAtSec: releaseTimeSec(plan.release),
      signal: cancel,
      onProgress: (doneBytes) =>
        context.emit({
          type: 'progress',
          server: server.name,
          step: 'syncCache',
          doneBytes,
          totalBytes: work.diff.bytes,
        }),
    }),
  );
  try {
    await engine.sync(
      fence,
      {
        release: plan.release,
        fresh: work.fresh,
        segment: work.head.segments.at(-1)!,
        archive: archive.open,
        keep: (arrived) => wholeFiles(arrived, work.diff, releaseTimeSec(plan.release)),
        isAgain: context.isAgain('syncCache'),
      },
      patiently(),
    );
  } catch (error) {
    if (archive.reason() !== null) throw archive.reason();
    throw error;
  }
  return { files, bytes: work.diff.bytes, removed: work.diff.removed };
};

/**
 * When the source fails, or somebody wants to stop, the stream just ends: the server's script then misses the end
 * mark and leaves the cache alone, instead of being cut off at a place that nobody knows.
 */
function endingEarly(cancel: AbortSignal, open: (kept: ReadonlySet<string>) => AsyncIterable<Uint8Array>) {
  let reason: unknown = null;
  async function* chunks(kept: ReadonlySet<string>) {
    try {
      for await (const chunk of open(kept)) {
        if (cancel.aborted) break;
        yield chunk;
      }
    } catch (error) {
      if (!cancel.aborted) reason = error;
    }
    if (cancel.aborted) reason = new CutoverError('E_INTERRUPTED', 'The upload was interrupted.');
  }
  return { open: chunks, reason: () => reason };
}
