import type { Connection, Scope } from '../../../core/contract/index.ts';
import { limitChannels } from '../../sessions/channels.ts';
import { exec } from '../../sessions/exec.ts';
import type { Options } from '../options.ts';
import type { Session } from '../session.ts';
import type { Host } from '../settings/host.ts';
import { findRoute } from '../settings/route.ts';
import { type Surroundings, surroundings } from '../settings/surroundings.ts';
import { openSftp } from '../sftp/open.ts';
import { dial } from './dial.ts';

/** Goes from host to host up to the server, and logs in at each. */
export async function connect(
  options: Options,
  scope: Scope,
  around: Surroundings = surroundings(),
  retryDelaysMs?: readonly number[],
): Promise<Connection> {
  const finding = findRoute(options, scope, around);
  // The packages load while OpenSSH is asked for its configuration.
  const [route, { reach }] = await Promise.all([finding, import('./reach.ts')]);
  const sessions: Session[] = [];
  try {
    for (const host of route) {
      const way = {
        ...wayTo(sessions.at(-1), scope),
        isLast: host === route.at(-1),
        ...(retryDelaysMs && { retryDelaysMs }),
      };
      sessions.push(await reach(host, way, scope));
    }
  } catch (error) {
    await endAll(sessions);
    throw error;
  }
  return connection(route.at(-1) as Host, sessions);
}

function wayTo(before: Session | undefined, scope: Scope) {
  return {
    direct: before === undefined,
    open: (host: Host) =>
      before === undefined
        ? dial({ ...host, timeoutMs: host.connectTimeoutMs, signal: scope.signal })
        : before.forward(host.host, host.port),
  };
}

function connection(host: Host, sessions: readonly Session[]): Connection {
  const session = sessions.at(-1) as Session;
  const channels = limitChannels();
  void session.gone.then(() => endAll(sessions));
  return {
    exec: (request) => exec({ session, channels }, request),
    sftp: (options) => openSftp({ session, channels, host: host.host }, options),
    closed: session.gone,
    close: () => endAll(sessions),
  };
}

/** The last first: its farewell still needs the way there. */
async function endAll(sessions: readonly Session[]): Promise<void> {
  for (const session of sessions.toReversed()) await session.end();
}
