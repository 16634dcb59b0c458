import { randomBytes } from 'node:crypto';
import { CutoverError } from '../../contract/index.ts';
import type { Engine } from '../engine.ts';
import type { Link } from '../link.ts';
import { formatMark } from '../marks.ts';
import { requireBelow } from '../readPath.ts';
import { activate, revert } from './activate.ts';
import { arm } from './arm.ts';
import { underFence } from './fence.ts';
import { finish } from './finish.ts';
import { findLeaks, repair } from './leaks.ts';
import { link as linkRelease } from './link.ts';
import { beat, releaseLock, takeLock, tryLock } from './lock.ts';
import { readManifests } from './manifest.ts';
import { clearMark, setMark } from './mark.ts';
import { observe } from './observe.ts';
import { prepare } from './prepare.ts';
import { prune } from './prune.ts';
import { readFile } from './readFile.ts';
import { sftpSession } from './session.ts';
import { type Moved, sync } from './sync.ts';
import { removeTrees } from './tree.ts';
import { verify } from './verify.ts';

/**
 * The engine for servers without a shell: every operation is SFTP requests, many under way at a time. It has no commands.
 * `path` is the deploy path as configured; a leading `~/` is where a login starts.
 */
export function sftpEngine(link: Link, path: string): Engine {
  const session = sftpSession(link, path);
  const tidying = new Set<Promise<void>>();
  const forever = new AbortController().signal;
  /** Nobody waits for what was thrown away to be gone, except the end. What stays is swept by the next deployment. */
  const tidy = (waste: readonly string[]) => {
    if (waste.length === 0) return;
    const work = session
      .run('remove old releases', forever, (place) => removeTrees(place, waste))
      .catch(() => {})
      .finally(() => tidying.delete(work));
    tidying.add(work);
  };
  return {
    server: link.server,
    address: link.address,
    reach: (signal) => session.reach(signal),
    observe: (sharedPaths, signal) => session.run('observe', signal, (place) => observe(place, sharedPaths)),
    manifest: (signal) => session.run('read the manifest', signal, readManifests),
    async read(file, signal) {
      requireBelow(link.server, file);
      return session.run(`read ${file}`, signal, (place) => readFile(place, file));
    },
    takeLock: (record, signal, { over = null, sharedPaths = [] } = {}) =>
      session.run('take the lock', signal, (place) => takeLock(place, { record, over, sharedPaths })),
    tryLock: (record, sharedPaths, signal) =>
      session.run('take the lock', signal, (place) => tryLock(place, { record, over: null, sharedPaths })),
    beat: (fence, signal) => session.run('keep the lock', signal, (place) => beat(place, fence)),
    setMark(name, mark, signal) {
      const nonce = randomBytes(6).toString('hex');
      return session.run('set a mark', signal, (place) => setMark(place, name, formatMark(mark), nonce));
    },
    clearMark: (name, signal) => session.run('take a mark away', signal, (place) => clearMark(place, name)),
    releaseLock: (generation, signal) =>
      session.run('release the lock', signal, (place) => releaseLock(place, generation)),
    async prepare(fence, signal) {
      await session.run('prepare', signal, (place) => underFence(place, fence, () => prepare(place)));
      return { method: null };
    },
    async sync(fence, request, signal) {
      const moved: Moved = new Map();
      let continues = request.isAgain === true;
      await session.run('sync the deploy-cache', signal, async (place) => {
        const goesOn = continues;
        continues = true;
        await sync(place, fence, request, goesOn, moved);
      });
    },
    link: (fence, request, signal) =>
      session.run('link the release', signal, (place) => linkRelease(place, fence, request)),
    leaks: (signal) => session.run('look for in-place writes', signal, findLeaks),
    verify: (signal) => session.run('verify the deploy-cache', signal, verify),
    repair: (fence, request, signal) =>
      session.run('mend what was written in place', signal, (place) => repair(place, fence, request)),
    activate: (fence, request, signal) =>
      session.run('activate', signal, (place) => activate(place, fence, request)),
    arm: (fence, request, signal) => arm(session, fence, request, signal),
    async endCommands(fence, _release, signal) {
      await session.run('end commands', signal, (place) => underFence(place, fence, async () => {}));
      return { ended: [], working: [] };
    },
    revert: (fence, request, signal) =>
      session.run('compensate', signal, (place) => revert(place, fence, request)),
    async prune(fence, request, signal) {
      tidy(
        await session.run('prune', signal, (place) =>
          underFence(place, fence, () => prune(place, fence, request)),
        ),
      );
      return { inUse: [] };
    },
    note: (fence, signal) =>
      session.run('write the journal', signal, (place) => underFence(place, fence, async () => {})),
    async finish(fence, request, signal) {
      const { finished, waste } = await session.run('finish', signal, (place) =>
        finish(place, fence, request),
      );
      tidy(waste);
      return finished;
    },
    async command() {
      throw new CutoverError('E_CAPABILITY', `${link.server} runs no commands.`, { server: link.server });
    },
    async packShared() {
      throw new CutoverError('E_CAPABILITY', `${link.server} runs no commands.`, { server: link.server });
    },
    async addShared() {
      throw new CutoverError('E_CAPABILITY', `${link.server} runs no commands.`, { server: link.server });
    },
    async close() {
      await Promise.all(tidying);
      await session.close();
    },
  };
}
