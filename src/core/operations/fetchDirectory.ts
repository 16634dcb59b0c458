import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** A directory that one run has for itself, for what a source of a plugin brings. */
export interface FetchDirectory {
  readonly path: string;
  /** The next run begins with what is there now. */
  keep(): Promise<void>;
  /** Nobody needs what is there. */
  drop(): Promise<void>;
}

export interface FetchPlace {
  /** All of them; each key has a directory in it. */
  readonly parent: string;
  /** What is to be found again, as a name. */
  readonly key: string;
  readonly pid: number;
  /** Names the machine, in letters and digits. */
  readonly host: string;
  readonly now: Date;
  /** Begins with nothing. */
  readonly isFresh: boolean;
}

const FREE = 'free';
const TAKEN = /^taken-(\d+)-([0-9a-z]+)-(\d+)-/;

/**
 * Takes what the last run kept, or begins with nothing. Whoever has one has renamed it, which only one can: so two runs
 * never share one, and nobody has to wait.
 */
export async function takeFetchDirectory(place: FetchPlace): Promise<FetchDirectory> {
  const base = join(place.parent, place.key);
  await mkdir(base, { recursive: true, mode: 0o700 });
  await removeOld(place);
  const name = `taken-${place.now.getTime()}-${place.host}-${place.pid}-${randomUUID().slice(0, 8)}`;
  const path = join(base, name);
  const free = join(base, FREE);
  if (place.isFresh || !(await isMoved(free, path))) await mkdir(path, { recursive: true, mode: 0o700 });
  const drop = () => rm(path, { recursive: true, force: true });
  return {
    path,
    drop,
    async keep() {
      const older = join(base, `${name}-older`);
      await isMoved(free, older);
      // Another run may have kept its own in between.
      if (!(await isMoved(path, free))) await drop();
      await rm(older, { recursive: true, force: true });
    },
  };
}

async function isMoved(from: string, to: string): Promise<boolean> {
  return rename(from, to).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (!ELSEWHERE.has(error.code)) throw error;
      return false;
    },
  );
}

/** Nothing is there to be moved, or something stands there already. */
const ELSEWHERE: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ENOTEMPTY', 'EEXIST']);

const DAY_MS = 86_400_000;
const UNUSED_MS = 30 * DAY_MS;

/** What runs that died have left, and what nobody has asked for in a month; what cannot be removed stays, and stops nobody. */
async function removeOld({ parent, key, pid, host, now }: FetchPlace): Promise<void> {
  const isDead = (name: string) => {
    const [, at, where, id] = TAKEN.exec(name) ?? [];
    // Containers of one name may have the same processes; but none of them deploys for days.
    const isOld = at !== undefined && now.getTime() - Number(at) > DAY_MS;
    return isOld && (where !== host || Number(id) === pid || !isAlive(Number(id)));
  };
  for (const other of await readdir(parent)) {
    const base = join(parent, other);
    const names = await readdir(base).catch((): string[] => []);
    const dead = names.filter(isDead);
    await Promise.all(dead.map((name) => clearAway(join(base, name))));
    const isUsed = other === key || names.length > dead.length + Number(names.includes(FREE));
    const used = await stat(base).catch(() => null);
    if (isUsed || used === null || now.getTime() - used.mtimeMs < UNUSED_MS) continue;
    await clearAway(base);
  }
}

async function clearAway(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true }).catch(() => {});
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
