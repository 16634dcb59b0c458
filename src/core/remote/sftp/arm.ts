import { currentText } from '../../release/paths.ts';
import type { ActivateRequest, Armed, Fence, Switched } from '../engine.ts';
import { activate, currentIs, requireExpected, requireRelease } from './activate.ts';
import { armedLink, disarm } from './disarm.ts';
import { proveFence, underFence } from './fence.ts';
import type { Place } from './place.ts';
import type { Session } from './session.ts';
import { makeWithParents } from './tree.ts';

type ArmRequest = ActivateRequest & { readonly clockMs: () => number };

const DISARM_MS = 10_000;

/**
 * As `arm` of an engine. Nothing waits on the server: what is armed is a link that one request renames. What `current`
 * was then is asked in the same breath and known behind it, so a link that somebody else had put there meanwhile is put
 * back. Who takes the lock over removes the armed link first; whether the lock is still ours is asked again behind it.
 */
export async function arm(
  session: Session,
  fence: Fence,
  request: ArmRequest,
  signal: AbortSignal,
): Promise<Armed> {
  const { clockMs } = request;
  const place = await session.run('activate', signal, async (at) => {
    await prepare(at, fence, request);
    return at;
  });
  const settle = async (sentMs: number, sent: Sent, firing: AbortSignal): Promise<Switched> => {
    const renamed = await sent.renamed;
    if (renamed) await putBackStrange(place, await sent.before, request);
    // What is left to do, and what could not be done or is not known to be, is convergent.
    await session.run('activate', firing, (again) => activate(again, fence, request));
    return { earliestMs: sentMs, latestMs: renamed ? renamed.atMs : clockMs() };
  };
  return {
    fire(firing) {
      const sentMs = clockMs();
      return settle(sentMs, send(place, clockMs), firing);
    },
    async disarm() {
      const patience = AbortSignal.timeout(DISARM_MS);
      await session.run('disarm', patience, disarm).catch(() => {});
    },
  };
}

async function prepare(place: Place, fence: Fence, request: ArmRequest): Promise<void> {
  const { sftp, at } = place;
  const text = currentText(request.release);
  // The journal is told that it is done when it is.
  const { journal, ...bare } = fence;
  const before = journal === undefined ? bare : { ...bare, journal: { ...journal, after: null } };
  await underFence(place, before, async () => {
    await requireRelease(place, text);
    requireExpected(place, await currentIs(place), request.expected, text);
    await makeWithParents(place, at('.cutover', 'tmp'), 0o700);
    await disarm(place);
    await sftp.symlink(text, armedLink(place));
    const [now] = await Promise.all([currentIs(place), proveFence(place, fence)]);
    requireExpected(place, now, request.expected, text);
  });
}

interface Sent {
  /** The text of `current` right before; undefined when nobody can tell. */
  readonly before: Promise<string | null | undefined>;
  /** Null when it was not, or nobody knows. */
  readonly renamed: Promise<{ readonly atMs: number } | null>;
}

/** Both requests are on their way when this returns; a server carries them out in this order. */
function send(place: Place, clockMs: () => number): Sent {
  const { sftp, at } = place;
  return {
    before: sftp.readlink(at('current')).catch(() => undefined),
    renamed: sftp.posixRename(armedLink(place), at('current')).then(
      () => ({ atMs: clockMs() }),
      () => null,
    ),
  };
}

/** Somebody else had changed `current`: that stays so. Throws `E_STALE` then. */
async function putBackStrange(
  place: Place,
  before: string | null | undefined,
  { expected, release }: ArmRequest,
): Promise<void> {
  const { sftp, at } = place;
  const text = currentText(release);
  if (before === undefined || before === expected || before === text) return;
  const next = at('.cutover', 'tmp', 'current');
  if (before === null) await sftp.unlink(at('current'));
  else {
    await sftp.unlink(next);
    await sftp.symlink(before, next);
    await sftp.posixRename(next, at('current'));
  }
  requireExpected(place, before, expected, text);
}
