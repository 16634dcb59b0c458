import { errorCode } from '../contract/index.ts';
import type { LinkRequest } from '../remote/engine.ts';
import { entriesOf } from '../sync/cacheHead.ts';
import { unsharedFiles } from '../sync/unshared.ts';
import { patiently, type Step, type StepContext } from './context.ts';
import { mendCache } from './leaks.ts';
import { readyRecord } from './records.ts';

/** Clones the deploy-cache into a new release, with the shared paths linked in. */
export const linkRelease: Step = async (context) => {
  const { plan, server, upload, environment } = context;
  if (upload === null) return null;
  const { copied, shares } = await linkSound(context, {
    release: plan.release,
    sharedDirectories: server.shared.directories,
    sharedFiles: server.shared.files,
    entries: entriesOf(upload.work.head.totals),
    mode: environment.link,
    verify: true,
    commandsFollow: server.commands.postUpload.length + server.commands.postLaunch.length > 0,
    unshared: unsharedFiles(upload.work.next ?? [], environment.unshare),
    ready: readyRecord(context),
  });
  if (copied !== null) {
    const what = environment.link === 'reflink' ? 'reflinks' : 'hard links';
    await context.problem(`the release was copied, because ${what} failed: ${copied}`);
  }
  return { copied, shares };
};

/** What was written in place since the last deployment must not come along. */
async function linkSound(context: StepContext, request: LinkRequest) {
  const { engine, fence } = context;
  try {
    return await engine.link(fence, request, patiently());
  } catch (error) {
    const leaks = errorCode(error) === 'E_REFUSED' ? await engine.leaks(patiently(), fence) : [];
    if (leaks.length === 0) throw error;
    await mendCache(context, leaks);
    // Not once more: there may be a file system that keeps no times, and it never gets better.
    return await engine.link(fence, { ...request, verify: false }, patiently());
  }
}
