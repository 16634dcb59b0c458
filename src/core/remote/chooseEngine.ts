import { CutoverError, errorCode } from '../contract/index.ts';
import type { Engine } from './engine.ts';
import type { Link } from './link.ts';
import { sftpEngine } from './sftp/index.ts';
import { shellEngine } from './shell/index.ts';

/**
 * The engine for a server: by a shell where its login runs one, else by SFTP alone where the connection has that. A login
 * without a shell is known by the end of the first script, before which nothing was changed; the answer holds as long as
 * the engine does. So a server with a shell costs no round trip more.
 */
export function chooseEngine(link: Link, path: string): Engine {
  const byShell = shellEngine(link, path);
  let chosen: Promise<Engine> | null = null;

  const choose = async (): Promise<Engine> => {
    const connection = await link.connection();
    return connection.exec === undefined && connection.sftp !== undefined ? sftpEngine(link, path) : byShell;
  };
  /** What may be the first thing that is done there changes nothing before it is known that there is a shell. */
  const first = async <T>(work: (engine: Engine) => Promise<T>): Promise<T> => {
    if (chosen !== null) return work(await chosen);
    const engine = await choose();
    try {
      const result = await work(engine);
      chosen ??= Promise.resolve(engine);
      return result;
    } catch (error) {
      if (engine !== byShell || errorCode(error) !== 'E_CAPABILITY') throw error;
      const { sftp } = await link.connection();
      if (sftp === undefined || (chosen !== null && (await chosen) === byShell)) throw error;
      chosen ??= Promise.resolve(sftpEngine(link, path));
      return work(await chosen).catch((other: unknown) => {
        throw errorCode(other) === 'E_CAPABILITY'
          ? neither(error as CutoverError, other as CutoverError)
          : other;
      });
    }
  };

  const { server, address } = link;
  return {
    server,
    address,
    observe: (...asked) => first((engine) => engine.observe(...asked)),
    manifest: (...asked) => first((engine) => engine.manifest(...asked)),
    read: (...asked) => first((engine) => engine.read(...asked)),
    takeLock: (...asked) => first((engine) => engine.takeLock(...asked)),
    tryLock: (...asked) => first((engine) => engine.tryLock(...asked)),
    beat: (...asked) => first((engine) => engine.beat(...asked)),
    setMark: (...asked) => first((engine) => engine.setMark(...asked)),
    clearMark: (...asked) => first((engine) => engine.clearMark(...asked)),
    releaseLock: (...asked) => first((engine) => engine.releaseLock(...asked)),
    prepare: (...asked) => first((engine) => engine.prepare(...asked)),
    sync: (...asked) => first((engine) => engine.sync(...asked)),
    link: (...asked) => first((engine) => engine.link(...asked)),
    leaks: (...asked) => first((engine) => engine.leaks(...asked)),
    verify: (...asked) => first((engine) => engine.verify(...asked)),
    repair: (...asked) => first((engine) => engine.repair(...asked)),
    activate: (...asked) => first((engine) => engine.activate(...asked)),
    arm: (...asked) => first((engine) => engine.arm!(...asked)),
    endCommands: (...asked) => first((engine) => engine.endCommands(...asked)),
    revert: (...asked) => first((engine) => engine.revert(...asked)),
    prune: (...asked) => first((engine) => engine.prune(...asked)),
    note: (...asked) => first((engine) => engine.note(...asked)),
    finish: (...asked) => first((engine) => engine.finish(...asked)),
    command: (...asked) => first((engine) => engine.command(...asked)),
    packShared: (...asked) => first((engine) => engine.packShared(...asked)),
    addShared: (...asked) => first((engine) => engine.addShared(...asked)),
    async close() {
      const engine = await chosen;
      await (engine ?? byShell).close();
    },
  };
}

function neither(byShell: CutoverError, bySftp: CutoverError): CutoverError {
  const hint = bySftp.hint ?? byShell.hint;
  return new CutoverError('E_CAPABILITY', `${byShell.message} ${bySftp.message}`, {
    ...(byShell.server === undefined ? {} : { server: byShell.server }),
    ...(hint === undefined ? {} : { hint }),
    cause: byShell,
  });
}
