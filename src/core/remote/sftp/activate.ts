import { CutoverError, errorCode } from '../../contract/index.ts';
import { currentText } from '../../release/paths.ts';
import type { ActivateRequest, Fence, RevertRequest } from '../engine.ts';
import { disarm } from './disarm.ts';
import { proveFence, underFence } from './fence.ts';
import type { Place } from './place.ts';
import { record } from './records.ts';
import { begunBuilds } from './spare.ts';
import { makeWithParents, removeTree, removeTrees } from './tree.ts';

export async function activate(place: Place, fence: Fence, request: ActivateRequest): Promise<void> {
  const { server, sftp, at } = place;
  const text = currentText(request.release);
  await underFence(place, fence, async () => {
    await requireRelease(place, text);
    await switchCurrent(place, fence, request.expected, text);
    if ((await sftp.stat(at('current')))?.kind !== 'directory')
      throw remote(server, `current leads to ${text}, which cannot be entered`);
    if (request.active !== null) await record(place, request.active);
  });
}

export async function requireRelease({ server, sftp, at }: Place, text: string): Promise<void> {
  if ((await sftp.stat(at(text)))?.kind !== 'directory')
    throw remote(server, `the release ${text} does not exist`);
}

/** Throws `E_STALE` when `current` is neither what it is to be changed from nor what it is to become. */
export function requireExpected(
  { server }: Place,
  now: string | null,
  from: string | null,
  to: string | null,
): void {
  if (now === from || now === to) return;
  throw new CutoverError(
    'E_STALE',
    `${server}: current leads to ${now ?? 'nothing'}, not to ${from ?? 'nothing'}: somebody else changed it`,
    { server },
  );
}

/** Puts `current` back if it leads to the release that failed, and only then throws that release away. */
export async function revert(
  place: Place,
  fence: Fence,
  request: RevertRequest,
): Promise<{ readonly current: string | null }> {
  const { sftp, at } = place;
  const text = currentText(request.release);
  return underFence(place, fence, async () => {
    await disarm(place);
    if (text !== request.previous && (await currentIs(place)) === text)
      await goBack(place, fence, text, request);
    const current = await currentIs(place);
    if (request.discard && current !== text) {
      const trash = at('.cutover', 'trash', request.nonce);
      if ((await sftp.lstat(at(text)))?.kind === 'directory') {
        await makeWithParents(place, at('.cutover', 'trash'), 0o700);
        await sftp.posixRename(at(text), trash);
      }
      const incoming = at('.cutover', 'incoming', request.release);
      const builds = await begunBuilds(place, request.release);
      await removeTrees(place, [trash, ...builds, incoming, `${incoming}.removed`]);
    }
    // Last: on a full disk there is room again, and what is gone is not chosen, recorded or not.
    if (request.record !== null) await record(place, request.record).catch(() => {});
    return { current };
  });
}

async function goBack(
  place: Place,
  fence: Fence,
  from: string,
  { previous, previousMustExist }: RevertRequest,
): Promise<void> {
  const { server, sftp, at } = place;
  if (
    previousMustExist &&
    previous !== null &&
    (await sftp.stat(absolute(place, previous)))?.kind !== 'directory'
  )
    throw remote(server, `the release before, ${previous}, does not exist any more`);
  await removeTree(place, at('.cutover', 'tmp', 'current'));
  await switchCurrent(place, fence, from, previous);
}

/**
 * The one way `current` is ever changed over SFTP: a link under another name, then the fence and `current` looked at
 * together, one rename over it, and read back. Between the look and the rename there is one round trip.
 */
async function switchCurrent(
  place: Place,
  fence: Fence,
  from: string | null,
  to: string | null,
): Promise<void> {
  const { server, sftp, at } = place;
  const next = at('.cutover', 'tmp', 'current');
  if ((await currentIs(place)) === to) return;
  if (to !== null) {
    await makeWithParents(place, at('.cutover', 'tmp'), 0o700);
    await sftp.unlink(next);
    await sftp.symlink(to, next);
  }
  const [now] = await Promise.all([currentIs(place), proveFence(place, fence)]);
  requireExpected(place, now, from, to);
  if (to === null) await sftp.unlink(at('current'));
  else await sftp.posixRename(next, at('current'));
  const read = await currentIs(place);
  if (read !== to)
    throw remote(server, `current was switched to ${to ?? 'nothing'}, but reads ${read ?? 'nothing'}`);
}

/** The text of `current`, null where there is none. Throws `E_REFUSED` when it is something else than a link. */
export async function currentIs({ server, sftp, at }: Place): Promise<string | null> {
  const current = at('current');
  const [stat, text] = await Promise.all([sftp.lstat(current), sftp.readlink(current).catch(notALink)]);
  if (stat === null) return null;
  if (stat.kind === 'link') return text;
  throw new CutoverError('E_REFUSED', `${server}: current is not a symbolic link`, { server });
}

function absolute({ at }: Place, text: string): string {
  return text.startsWith('/') ? text : at(text);
}

function remote(server: string, why: string): CutoverError {
  return new CutoverError('E_REMOTE', `${server}: ${why}`, { server });
}

/** What it is then is known by its kind. */
function notALink(error: unknown): null {
  if (errorCode(error) === 'E_REMOTE') return null;
  throw error;
}
