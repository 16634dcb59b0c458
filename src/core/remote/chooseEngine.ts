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
  let bySftp: Engine | null = null;
  let chosen: Promise<Engine> | null = null;

  const overSftp = (): Engine => {
    bySftp ??= sftpEngine(link, path);
    return bySftp;
  };
  const choose = async (signal: AbortSignal): Promise<Engine> => {
    const connection = await link.connection(signal);
    return connection.exec === undefined && connection.sftp !== undefined ? overSftp() : byShell;
  };
  /** What may be the first thing that is done there changes nothing before it is known that there is a shell. */
  const first = async <T>(asked: readonly unknown[], work: (engine: Engine) => Promise<T>): Promise<T> => {
    if (chosen !== null) return work(await chosen);
    const signal = signalIn(asked);
    const engine = await choose(signal);
    try {
      const result = await work(engine);
      chosen ??= Promise.resolve(engine);
      return result;
    } catch (error) {
      if (engine !== byShell || errorCode(error) !== 'E_CAPABILITY') throw error;
      const { sftp } = await link.connection(signal);
      if (sftp === undefined || (chosen !== null && (await chosen) === byShell)) throw error;
      chosen ??= Promise.resolve(overSftp());
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
    // A connection alone does not tell whether a shell runs there.
    reach: async (signal) => ((await chosen) ?? (await choose(signal))).reach(signal),
    observe: (...asked) => first(asked, (engine) => engine.observe(...asked)),
    manifest: (...asked) => first(asked, (engine) => engine.manifest(...asked)),
    read: (...asked) => first(asked, (engine) => engine.read(...asked)),
    takeLock: (...asked) => first(asked, (engine) => engine.takeLock(...asked)),
    tryLock: (...asked) => first(asked, (engine) => engine.tryLock(...asked)),
    beat: (...asked) => first(asked, (engine) => engine.beat(...asked)),
    setMark: (...asked) => first(asked, (engine) => engine.setMark(...asked)),
    clearMark: (...asked) => first(asked, (engine) => engine.clearMark(...asked)),
    releaseLock: (...asked) => first(asked, (engine) => engine.releaseLock(...asked)),
    prepare: (...asked) => first(asked, (engine) => engine.prepare(...asked)),
    sync: (...asked) => first(asked, (engine) => engine.sync(...asked)),
    link: (...asked) => first(asked, (engine) => engine.link(...asked)),
    leaks: (...asked) => first(asked, (engine) => engine.leaks(...asked)),
    verify: (...asked) => first(asked, (engine) => engine.verify(...asked)),
    repair: (...asked) => first(asked, (engine) => engine.repair(...asked)),
    activate: (...asked) => first(asked, (engine) => engine.activate(...asked)),
    arm: (...asked) => first(asked, (engine) => engine.arm!(...asked)),
    endCommands: (...asked) => first(asked, (engine) => engine.endCommands(...asked)),
    revert: (...asked) => first(asked, (engine) => engine.revert(...asked)),
    prune: (...asked) => first(asked, (engine) => engine.prune(...asked)),
    note: (...asked) => first(asked, (engine) => engine.note(...asked)),
    finish: (...asked) => first(asked, (engine) => engine.finish(...asked)),
    command: (...asked) => first(asked, (engine) => engine.command(...asked)),
    packShared: (...asked) => first(asked, (engine) => engine.packShared(...asked)),
    addShared: (...asked) => first(asked, (engine) => engine.addShared(...asked)),
    async close() {
      const engine = await chosen;
      await (engine ?? bySftp ?? byShell).close();
    },
  };
}

/** Every call of an engine has one. */
function signalIn(asked: readonly unknown[]): AbortSignal {
  return asked.find((each) => each instanceof AbortSignal)!;
}

function neither(byShell: CutoverError, bySftp: CutoverError): CutoverError {
  const hint = bySftp.hint ?? byShell.hint;
  return new CutoverError('E_CAPABILITY', `${byShell.message} ${bySftp.message}`, {
    ...(byShell.server === undefined ? {} : { server: byShell.server }),
    ...(hint === undefined ? {} : { hint }),
    cause: byShell,
  });
}
