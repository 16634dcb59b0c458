import { startProxy } from '../../integration/support/proxy.ts';
import type { Cut, CutMode, Direction } from '../../integration/support/proxyLink.ts';
import type { Site } from './site.ts';
import { survey } from './survey.ts';
import { judge, type Trial } from './trial.ts';

/** Where the connection breaks, and whether a new one holds. */
export interface CutPoint extends Cut {
  /** The first connection only, or each one until the run has ended. */
  readonly which: 'first' | 'every';
}

const DIRECTIONS: readonly Direction[] = ['toServer', 'toClient'];
const MODES: readonly CutMode[] = ['reset', 'fin', 'blackhole'];

/** So many points over a whole deployment, every way of breaking at places near to each other. */
export async function cutPoints(site: Site, count: number): Promise<readonly CutPoint[]> {
  const machine = await site.reset();
  await using proxy = await proxied(site);
  const { exitCode, stderr } = await machine.run(['deploy', 'production']);
  if (exitCode !== 0) throw new Error(`A deployment through the proxy fails: ${stderr}`);
  const perDirection = count / DIRECTIONS.length;
  return DIRECTIONS.flatMap((direction) => {
    const totalBytes = proxy.bytes(direction);
    return Array.from(
      { length: perDirection },
      (_, index): CutPoint => ({
        direction,
        mode: MODES[index % MODES.length]!,
        which: Math.floor(index / MODES.length) % 4 === 3 ? 'every' : 'first',
        afterBytes: Math.max(1, Math.floor(((index + 0.5) * totalBytes) / perDirection)),
      }),
    );
  });
}

/** Deploys over a connection that breaks there; then from another machine over one that holds. */
export async function tryCut(site: Site, point: CutPoint): Promise<Trial> {
  const machine = await site.reset();
  const before = await survey(site);
  await using proxy = await proxied(site, point);
  const run = await machine.run(['deploy', 'production', '--json']);
  proxy.heal();
  const { mode, direction, afterBytes, which } = point;
  const name = `${mode} of ${which === 'first' ? 'the first connection' : 'every connection'} after ${afterBytes} bytes ${direction}`;
  return await judge(site, before, run, name, await site.elsewhere());
}

async function proxied(site: Site, point?: CutPoint) {
  const cut = point && {
    ...point,
    connections: point.which === 'first' ? site.paths.size : Number.POSITIVE_INFINITY,
  };
  const proxy = await startProxy({ host: site.server.host, port: site.server.port, ...(cut ? { cut } : {}) });
  const hostKey = site.server.hostKeys.map((key) => key.fingerprint);
  await site.configure({ entry: { host: proxy.host, port: proxy.port, hostKey } });
  return proxy;
}
