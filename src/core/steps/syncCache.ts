import { releaseTimeSec } from '../release/id.ts';
import { patiently, type Step } from './context.ts';

/** Brings the deploy-cache up to the manifest of the source. */
export const syncCache: Step = async (context) => {
  const { engine, fence, plan, server, upload, cancel } = context;
  if (upload === null) return null;
  const { work, snapshot } = upload;
  if (!work.fresh && work.diff.changes.length === 0 && !context.seen.cache.pending)
    return { files: 0, bytes: 0, removed: 0 };
  const { bytes, removed } = work.diff;
  const onProgress = (doneBytes: number) =>
    context.emit({ type: 'progress', server: server.name, step: 'syncCache', doneBytes, totalBytes: bytes });
  await engine.sync(
    fence,
    {
      release: plan.release,
      work,
      snapshot,
      modifiedAtSec: releaseTimeSec(plan.release),
      tools: context.seen.tools,
      onProgress,
      cancel,
      isAgain: context.isAgain('syncCache'),
    },
    patiently(),
  );
  return { files: work.diff.upload.length, bytes, removed };
};
