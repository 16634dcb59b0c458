import { messageOf, type StepName } from '../contract/index.ts';
import type { Leak } from '../remote/engine.ts';
import { packRepair } from '../sync/repairArchive.ts';
import type { CachedEntry } from '../sync/types.ts';
import { patiently, type StepContext } from './context.ts';

/** How many paths are named. */
const NAMED = 20;

/**
 * Commands of the user's have run in a release that shares inodes: what they wrote in place is kept there and
 * nowhere else. Each such path is a problem, and none a failure.
 */
export async function mendAfterCommands(context: StepContext, step: StepName): Promise<void> {
  const commands =
    step === 'postLaunch' ? context.server.commands.postLaunch : context.server.commands.postUpload;
  if (commands.length === 0 || !mayShare(context)) return;
  const leaks = await context.engine.leaks(patiently(), context.fence);
  if (leaks.length === 0) return;
  const mended = await mend(context, leaks, true);
  const who = commands.length === 1 ? `the ${step} command "${commands[0]}"` : `one of the ${step} commands`;
  const also = step === 'postLaunch' ? ', or the application,' : '';
  await tell(context, leaks, ({ path, content }) => {
    const what = content ? 'wrote to it in place' : 'changed its mode';
    const end = mended.has(path)
      ? 'There it is again what was uploaded'
      : 'There it stays changed: nothing here knows what was uploaded';
    return `${path}: ${who}${also} ${what}, and it is one file in the deploy-cache and in other releases. ${end}. ${ADVICE}`;
  });
}

/**
 * A step that failed, or that nobody knows the end of, has not looked for what its commands wrote in place. Taking back
 * goes on whatever comes of this.
 */
export async function mendAfterFailure(context: StepContext): Promise<void> {
  const step = (['postLaunch', 'postUpload'] as const).find((each) => context.hasBegun(each));
  if (context.plan.kind === 'rollback' || step === undefined) return;
  try {
    await mendAfterCommands(context, step);
  } catch (error) {
    await context.problem(`nobody knows whether commands wrote to files in place: ${messageOf(error)}`);
  }
}

/** The cache was found changed before it was linked. Which release did it, or who, nobody knows; they stay as they are. */
export async function mendCache(context: StepContext, leaks: readonly Leak[]): Promise<void> {
  await mend(context, leaks, false);
  await tell(
    context,
    leaks,
    ({ path }) =>
      `${path}: the application, a command or a person wrote to it in place since it was uploaded, and it is one file in the deploy-cache and in older releases. The cache and the new release have what the source has; older releases keep the change. ${ADVICE}`,
  );
}

const ADVICE = 'Write to a new file and rename it, or name the path under "unshare".';

/** A journal that was read back from a server does not say how the release was linked. */
function mayShare(context: StepContext): boolean {
  const linked = context.outputOf('linkRelease');
  return !(typeof linked === 'object' && linked !== null && 'shares' in linked && linked.shares === false);
}

/** Gives the paths that could be mended: without a source only those of which the mode alone is wrong. */
async function mend(
  context: StepContext,
  leaks: readonly Leak[],
  otherReleases: boolean,
): Promise<ReadonlySet<string>> {
  const { engine, plan, upload } = context;
  const held = upload?.work.next ?? (await engine.manifest(patiently())).manifest ?? [];
  const manifest = new Map(held.map((entry) => [entry.path, entry]));
  const chosen = (content: boolean): readonly CachedEntry[] =>
    leaks.flatMap((leak) => (leak.content === content ? (manifest.get(leak.path) ?? []) : []));
  const [send, copy] = [upload === null ? [] : chosen(true), chosen(false)];
  if (send.length + copy.length === 0) return new Set();
  const snapshot = upload?.snapshot ?? NOTHING;
  const archive = () => packRepair({ release: plan.release, send, copy, snapshot, signal: patiently() });
  // Not the fence's journal: the step is not done with this.
  const { generation, record } = context.fence;
  await engine.repair({ generation, record }, { release: plan.release, otherReleases, archive }, patiently());
  return new Set([...send, ...copy].map((entry) => entry.path));
}

const NOTHING = { async *read() {} };

async function tell(
  context: StepContext,
  leaks: readonly Leak[],
  message: (leak: Leak) => string,
): Promise<void> {
  for (const leak of leaks.slice(0, NAMED)) await context.problem(message(leak));
  if (leaks.length > NAMED) await context.problem(`the same is true of ${leaks.length - NAMED} more files`);
}
