import { randomBytes } from 'node:crypto';
import type { Engine } from '../engine.ts';
import type { Link } from '../link.ts';
import { formatMark } from '../marks.ts';
import { requireBelow } from '../readPath.ts';
import { activateScript, revertScript } from './activate.ts';
import { arm } from './arm.ts';
import { runCommand } from './command.ts';
import { endAllScript } from './commandScripts.ts';
import { finishScript, readFinished } from './finish.ts';
import { noteScript } from './journal.ts';
import { leaksScript, readLeaks } from './leaks.ts';
import { linkScript } from './link.ts';
import {
  beatScript,
  readLockAttempt,
  readLockTrial,
  readReleased,
  releaseLockScript,
  type Taking,
  takeLockScript,
} from './lock.ts';
import { manifestScript, readManifest } from './manifest.ts';
import { clearMarkScript, setMarkScript } from './mark.ts';
import { observeScript, readObservation } from './observe.ts';
import { prepareScript, readMethod } from './prepare.ts';
import { pruneScript, readReleasesInUse } from './prune.ts';
import { readContent, readFileScript } from './readFile.ts';
import { repairScript } from './repair.ts';
import { runScript } from './run.ts';
import type { Fields } from './script.ts';
import { addShared, packShared } from './sharedFiles.ts';
import { tellingSpace } from './space.ts';
import { upload } from './upload.ts';
import { readVerification, verifyScript } from './verify.ts';

/**
 * The engine for servers with a POSIX shell: every operation is one script, one round trip.
 * `path` is the deploy path as configured; the observation resolves a leading `~/`, and what changes the server
 * is given the resolved one.
 */
export function shellEngine(link: Link, configuredPath: string): Engine {
  let path = configuredPath;
  const noted = (fields: Fields) => {
    const seen = readObservation(fields);
    path = seen.path;
    return seen;
  };
  const lookBehind = async (taking: Taking, sharedPaths: readonly string[], signal: AbortSignal) => {
    const script = takeLockScript(configuredPath, taking, observeScript(configuredPath, sharedPaths));
    const fields = await runScript(link, script, { signal });
    return { fields, seen: noted(fields) };
  };
  return tellingSpace(link, () => path, {
    server: link.server,
    address: link.address,
    async reach(signal) {
      await link.connection(signal);
    },
    async observe(sharedPaths, signal) {
      return noted(await runScript(link, observeScript(configuredPath, sharedPaths), { signal }));
    },
    async manifest(signal) {
      return readManifest(await runScript(link, manifestScript(path), { signal }));
    },
    async read(file, signal) {
      requireBelow(link.server, file);
      return readContent(await runScript(link, readFileScript(path, file), { signal }));
    },
    async takeLock(record, signal, { over = null, sharedPaths = [] } = {}) {
      link.expectUpload();
      const { fields, seen } = await lookBehind({ record, over, isTrial: false }, sharedPaths, signal);
      return readLockAttempt(fields, record, seen);
    },
    async tryLock(record, sharedPaths, signal) {
      link.expectUpload();
      const { fields, seen } = await lookBehind({ record, over: null, isTrial: true }, sharedPaths, signal);
      return readLockTrial(fields, record, seen);
    },
    async beat(fence, signal) {
      await runScript(link, beatScript(path, fence), { signal });
    },
    async setMark(name, mark, signal) {
      const nonce = randomBytes(6).toString('hex');
      await runScript(link, setMarkScript(path, name, formatMark(mark), nonce), { signal });
    },
    async clearMark(name, signal) {
      await runScript(link, clearMarkScript(path, name), { signal });
    },
    async releaseLock(generation, signal) {
      return readReleased(await runScript(link, releaseLockScript(path, generation), { signal }));
    },
    async prepare(fence, signal) {
      const fields = await runScript(link, prepareScript(path, fence), { signal, journal: fence.journal });
      return { method: readMethod(link.server, fields), stays: fields.all('stays') };
    },
    sync: (fence, request, signal) => upload(link, path, fence, request, signal),
    async link(fence, request, signal) {
      const fields = await runScript(link, linkScript(path, fence, request), {
        signal,
        journal: fence.journal,
      });
      return { copied: fields.one('copied'), shares: fields.one('shares') !== null };
    },
    async leaks(signal, fence) {
      return readLeaks(await runScript(link, leaksScript(path, fence ?? null), { signal }));
    },
    async verify(signal) {
      return readVerification(link.server, await runScript(link, verifyScript(path), { signal }));
    },
    async repair(fence, request, signal) {
      await runScript(link, repairScript(path, fence, request), { signal, upload: request.archive });
    },
    async activate(fence, request, signal) {
      await runScript(link, activateScript(path, fence, request), { signal, journal: fence.journal });
    },
    arm: (fence, request, signal) => arm(link, path, fence, request, signal),
    async endCommands(fence, release, signal) {
      const fields = await runScript(link, endAllScript(path, fence, release), {
        signal,
        journal: fence.journal,
      });
      return { ended: fields.all('ended'), working: fields.all('working') };
    },
    async revert(fence, request, signal) {
      const fields = await runScript(link, revertScript(path, fence, request), {
        signal,
        journal: fence.journal,
      });
      return { current: fields.one('current') || null };
    },
    async prune(fence, request, signal) {
      const script = pruneScript(path, fence, request);
      return {
        inUse: readReleasesInUse(await runScript(link, script, { signal, journal: fence.journal })),
      };
    },
    async note(fence, signal) {
      await runScript(link, noteScript(path, fence), { signal, journal: fence.journal });
    },
    async finish(fence, request, signal) {
      const script = finishScript(path, fence, request);
      return readFinished(link.server, await runScript(link, script, { signal, journal: fence.journal }));
    },
    command: (fence, request, signal) => runCommand(link, path, fence, request, signal),
    packShared: (file, signal) => packShared(link, path, file, signal),
    addShared: (file, signal) => addShared(link, path, file, signal),
    close: () => link.close(),
  });
}
