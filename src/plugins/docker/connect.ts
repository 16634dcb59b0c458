import { type Connection, CutoverError, type Scope } from '../../core/contract/index.ts';
import { engineFor } from './engine.ts';
import { exec } from './exec.ts';
import type { Options } from './options.ts';
import { startWatch } from './watch.ts';

/** Looks whether something can be run in the container, and keeps looking. */
export async function connect(options: Options, scope: Scope): Promise<Connection> {
  const { program, container } = options;
  const engine = engineFor(options, program.includes('/') ? scope.resolvePath(program) : program);
  const watch = await startWatch(engine, options, scope.signal);
  const unfinished = new Set<Promise<unknown>>();
  const finishing = (work: Promise<unknown>) => {
    const done = work.catch(() => {}).finally(() => unfinished.delete(done));
    unfinished.add(done);
  };
  let isGone = false;
  void watch.gone.then(() => {
    isGone = true;
  });
  return {
    exec: async (request) => {
      if (!isGone) return exec({ options, engine, gone: watch.gone, finishing }, request);
      throw new CutoverError('E_UNREACHABLE', `The connection to the container ${container} is closed.`);
    },
    closed: watch.gone,
    async close() {
      await watch.end();
      // Not longer: the engine may have gone.
      const patience = Promise.withResolvers<void>();
      const timer = setTimeout(patience.resolve, FAREWELL_MS);
      await Promise.race([Promise.all(unfinished), patience.promise]);
      clearTimeout(timer);
    },
  };
}

const FAREWELL_MS = 5_000;
