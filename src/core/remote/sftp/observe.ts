import { createHash } from 'node:crypto';
import { CutoverError, errorCode, type SftpStat } from '../../contract/index.ts';
import { parseLedger } from '../../release/ledger.ts';
import { releaseOf } from '../../release/paths.ts';
import { type Mark, parseMark } from '../marks.ts';
import type { CurrentLink, LockSeen, Observation, PathKind } from '../observation.ts';
import { generationsOf } from './generations.ts';
import { observedCache } from './observedCache.ts';
import { type Place, readText } from './place.ts';

/**
 * All there is to know about a server without changing anything. The requests do not wait for one another. The server's
 * clock is not among the answers, so the ages of a lock are not either: only a file that is written has the server's time.
 */
export async function observe(place: Place, sharedPaths: readonly string[]): Promise<Observation> {
  const { sftp, path, at } = place;
  const [base, realPath, current, releases, misplaced, shared, state] = await Promise.all([
    sftp.stat(path),
    sftp.realpath(path),
    currentOf(place),
    sftp.list(at('releases')),
    misplacedIn(place),
    Promise.all(
      sharedPaths.map(async (each) => [each, kindOf(await sftp.lstat(at('shared', each)))] as const),
    ),
    stateOf(place),
  ]);
  const near = await nearest(place, base);
  const free = await sftp.freeSpace(near.path);
  const real = realPath ?? path;
  const { ledger, cache, pending } = state;
  return {
    path,
    realPath: real,
    exists: base?.kind === 'directory',
    user: place.address.includes('@') ? place.address.slice(0, place.address.indexOf('@')) : 'the login',
    writable: (near.mode & ANY_WRITE) !== 0,
    current: toCurrent(current, [path, real]),
    releases: (releases ?? [])
      .filter(({ name, kind }) => kind === 'directory' && !name.startsWith('.'))
      .map(({ name }) => name)
      .sort(),
    misplaced,
    ledger: parseLedger(ledger ?? ''),
    ledgerHash: createHash('sha256')
      .update(ledger ?? '')
      .digest('hex'),
    cache: observedCache(cache, pending),
    lock: state.lock,
    paused: state.paused,
    frozen: state.frozen,
    journal: state.journal,
    running: [],
    shared: Object.fromEntries(shared),
    tools: new Set(),
    freeBytes: free?.bytes ?? null,
    freeInodes: free?.inodes ?? null,
    clock: null,
    noCommands: 'it is reached by SFTP alone',
  };
}

/** Whose write permission counts nobody can tell over SFTP; what nobody may write is known. */
const ANY_WRITE = 0o222;

const OURS = ['releases', 'shared', 'deploy-cache', '.cutover', '.cutover/locks'];

async function misplacedIn({ sftp, at }: Place): Promise<readonly string[]> {
  const stats = await Promise.all(OURS.map(async (name) => [name, await sftp.lstat(at(name))] as const));
  return stats.flatMap(([name, stat]) => (stat === null || stat.kind === 'directory' ? [] : [name]));
}

/** The deploy path, or the nearest directory above it that exists. */
async function nearest(
  { sftp, path }: Place,
  base: SftpStat | null,
): Promise<{ readonly path: string; readonly mode: number }> {
  let near = path;
  for (let stat = base; ; stat = await sftp.stat(near)) {
    if (stat !== null || near === '/') return { path: near, mode: stat?.mode ?? 0 };
    near = near.slice(0, near.lastIndexOf('/')) || '/';
  }
}

interface CurrentSeen {
  readonly stat: SftpStat | null;
  readonly text: string | null;
  readonly target: SftpStat | null;
}

async function currentOf({ sftp, at }: Place): Promise<CurrentSeen> {
  const current = at('current');
  const [stat, target] = await Promise.all([sftp.lstat(current), sftp.stat(current)]);
  return { stat, target, text: stat?.kind === 'link' ? await sftp.readlink(current) : null };
}

function toCurrent({ stat, text, target }: CurrentSeen, deployPaths: readonly string[]): CurrentLink {
  if (stat === null) return { kind: 'absent' };
  if (text !== null)
    return {
      kind: 'link',
      text,
      release: releaseOf(text, deployPaths),
      dangling: target?.kind !== 'directory',
    };
  return { kind: stat.kind === 'directory' ? 'directory' : 'other' };
}

interface State {
  readonly ledger: string | null;
  readonly cache: string | null;
  readonly pending: string | null;
  readonly paused: Mark | null;
  readonly frozen: Mark | null;
  readonly journal: string | null;
  readonly lock: LockSeen;
}

async function stateOf(place: Place): Promise<State> {
  const { sftp, at, path, server } = place;
  const text = (...names: readonly string[]) => readText(place, at('.cutover', ...names));
  try {
    const [ledger, paused, frozen, head, next, journal, lock, cache] = await Promise.all([
      text('ledger'),
      text('paused'),
      text('frozen'),
      text('cache'),
      text('cache.next'),
      text('journals', 'open'),
      lockOf(place),
      sftp.stat(at('deploy-cache')),
    ]);
    const isThere = cache?.kind === 'directory';
    return {
      ledger,
      paused: parseMark(paused),
      frozen: parseMark(frozen),
      cache: isThere ? head : null,
      pending: isThere ? next : null,
      journal,
      lock,
    };
  } catch (error) {
    const isRefused =
      errorCode(error) === 'E_REMOTE' && (await sftp.lstat(at('.cutover')))?.kind === 'directory';
    if (!isRefused) throw error;
    throw new CutoverError(
      'E_REFUSED',
      `${server}: the directory ${path}/.cutover cannot be read by this user`,
      { server, cause: error },
    );
  }
}

async function lockOf({ sftp, at }: Place): Promise<LockSeen> {
  const generation = generationsOf(await sftp.list(at('.cutover', 'locks'))).at(-1) ?? null;
  const record = generation === null ? null : await sftp.readlink(at('.cutover', 'locks', generation));
  return { generation, record, heldSec: null, beatAgeSec: null };
}

function kindOf(stat: SftpStat | null): PathKind {
  return stat === null ? 'absent' : stat.kind;
}
