import { patiently, type Step } from './context.ts';
import { readyRecord } from './records.ts';

/** Clones the deploy-cache into a new release, with the shared paths linked in. */
export const linkRelease: Step = async (context) => {
  const { engine, fence, plan, server, upload } = context;
  if (upload === null) return null;
  const { copied } = await engine.link(
    fence,
    {
      release: plan.release,
      sharedDirectories: server.shared.directories,
      sharedFiles: server.shared.files,
      entries: upload.work.next.length,
      ready: readyRecord(context),
    },
    patiently(),
  );
  if (copied !== null) await context.problem(`the release was copied, because hard links failed: ${copied}`);
  return { copied };
};
