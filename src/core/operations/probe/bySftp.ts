import { randomBytes } from 'node:crypto';
import { CutoverError, errorCode, messageOf, type Sftp } from '../../contract/index.ts';
import { median, perSecond, ROUND_TRIPS, SAMPLE_MS, sample, TRIED_CHANNELS } from './measures.ts';
import type { Around } from './probe.ts';
import type { Line } from './result.ts';

export function extensionsOf(sftp: Sftp): readonly string[] {
  sftp.close();
  return [...sftp.extensions].sort();
}

/** Through one file, which is removed again. */
export async function measureBySftp(around: Around, note: (text: string) => void): Promise<Line> {
  const sftp = await openSftp(around);
  try {
    const roundTripMs = await roundTrip(around, sftp);
    const speeds = await transfer(around, sftp, note);
    sftp.close();
    return { by: 'sftp', roundTripMs, ...speeds, channels: await channels(around, roundTripMs) };
  } finally {
    sftp.close();
  }
}

async function openSftp({ connection }: Around): Promise<Sftp> {
  if (connection.sftp === undefined) throw new CutoverError('E_CAPABILITY', 'It has no SFTP.');
  return connection.sftp();
}

async function roundTrip({ clockMs }: Around, sftp: Sftp): Promise<number> {
  const times: number[] = [];
  for (let index = 0; index < ROUND_TRIPS; index++) {
    const startedMs = clockMs();
    await sftp.realpath('.');
    times.push(clockMs() - startedMs);
  }
  return median(times.slice(1));
}

type Speeds = Pick<Line, 'upBytesPerSec' | 'downBytesPerSec'>;

/** Where the first of these can be written: cutover's own directory, the login directory, the deploy path. */
async function transfer(around: Around, sftp: Sftp, note: (text: string) => void): Promise<Speeds> {
  const home = ((await sftp.realpath('.')) ?? '').replace(/\/+$/, '');
  const base = around.path.startsWith('~/') ? `${home}/${around.path.slice(2)}` : around.path;
  const refusals: string[] = [];
  for (const directory of [`${base}/.cutover`, home, base]) {
    if ((await sftp.stat(directory || '/'))?.kind !== 'directory') continue;
    try {
      return await measureFile(around, sftp, `${directory}/probe-${randomBytes(6).toString('hex')}`);
    } catch (error) {
      if (errorCode(error) !== 'E_REMOTE' && errorCode(error) !== 'E_DISK_FULL') throw error;
      refusals.push(messageOf(error));
    }
  }
  note(`how much passes was not measured: ${refusals[0] ?? 'no directory is there to write to'}`);
  return { upBytesPerSec: null, downBytesPerSec: null };
}

async function measureFile({ clockMs, signal }: Around, sftp: Sftp, path: string): Promise<Speeds> {
  let sentBytes = 0;
  let startedMs = clockMs();
  async function* content() {
    startedMs = clockMs();
    for (const piece of sample()) {
      if (signal.aborted || clockMs() - startedMs > SAMPLE_MS) return;
      sentBytes += piece.length;
      yield piece;
    }
  }
  try {
    await sftp.writeFile(path, content(), { mode: 0o600, isSynced: false });
    const upBytesPerSec = perSecond(sentBytes, clockMs() - startedMs);
    startedMs = clockMs();
    const got = await sftp.readFile(path);
    return { upBytesPerSec, downBytesPerSec: perSecond(got?.length ?? 0, clockMs() - startedMs) };
  } finally {
    await sftp.unlink(path);
  }
}

async function channels(around: Around, roundTripMs: number): Promise<number> {
  const enough = Promise.withResolvers<void>();
  const opened: Sftp[] = [];
  let isOver = false;
  let timer: NodeJS.Timeout | undefined;
  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(enough.resolve, QUIET_MS + 10 * roundTripMs);
    if (opened.length === TRIED_CHANNELS) enough.resolve();
  };
  wait();
  const all = Array.from({ length: TRIED_CHANNELS }, async () => {
    const sftp = await openSftp(around);
    // One that had to wait for another's place.
    if (isOver) return sftp.close();
    opened.push(sftp);
    wait();
  });
  const ended = Promise.allSettled(all);
  await Promise.race([enough.promise, ended]);
  isOver = true;
  clearTimeout(timer);
  const most = opened.length;
  for (const sftp of opened) sftp.close();
  await ended;
  return most;
}

const QUIET_MS = 500;
