import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Sftp, Transport } from '../contract/index.ts';
import { packRepair } from '../sync/repairArchive.ts';
import {
  build,
  deploy,
  linkRequest,
  locked,
  never,
  type Place,
  placeHere,
  syncRequest,
} from '../testing/conformancePlace.ts';
import { directoryTransport } from '../testing/directorySftp.ts';
import { linkTo } from '../testing/engineHere.ts';
import { localTransport } from '../testing/localConnection.ts';
import { UNTIL_TIDIED } from '../testing/tidied.ts';
import { snapshotOf, type Tree } from '../testing/trees.ts';
import type { Engine, Fence } from './engine.ts';
import { sftpEngine } from './sftp/index.ts';
import { shellEngine } from './shell/index.ts';

/** A server whose login has a shell at one time and none at another. */

const [A, B, C, D] = ['20260101000001', '20260101000002', '20260101000003', '20260101000004'] as const;
const TREE: Tree = { 'in/written': 'as it was', 'in/other': 'o', third: 't' };

async function opened() {
  const place = await placeHere((path) => shellEngine(linkTo(localTransport()), path));
  const byShell = place.engine();
  const bySftp = sftpEngine(linkTo(directoryTransport()), place.path);
  return { place, byShell, bySftp };
}

/** Nothing but its content tells of it. */
function writeInPlace(place: Place, where: string): Promise<string> {
  return place.sh(
    `cd shop/${where}/in; at=$(stat -c %Y written); printf 'AS IT WAS' >written; touch -d @$at written`,
  );
}

async function repair(engine: Engine, fence: Fence, release: string): Promise<void> {
  const held = (await engine.manifest(never)).manifest ?? [];
  const send = held.filter(({ path }) => path === 'in/written');
  const archive = () => packRepair({ release, send, copy: [], snapshot: snapshotOf(TREE), signal: never });
  await engine.repair(fence, { release, otherReleases: false, archive }, never);
}

async function next(engine: Engine, nonce: string): Promise<Fence> {
  return locked(engine, nonce, (await engine.observe([], never)).lock.generation);
}

test('what was mended by a shell does not come back without one', async () => {
  const { place, byShell, bySftp } = await opened();
  const first = await locked(bySftp, 'one');
  await bySftp.prepare(first, never);
  await build(bySftp, first, A, TREE, { mode: 'hardlink' });
  await writeInPlace(place, `releases/${A}`);
  await repair(byShell, await next(byShell, 'two'), B);
  const third = await next(bySftp, 'three');
  await build(bySftp, third, C, TREE);
  await bySftp.prune(third, { releases: [A], records: [], ledger: null, nonce: 'n' }, never);
  await bySftp.prepare(third, never);
  await build(bySftp, third, D, { ...TREE, new: 'n' });
  expect(await place.sh(`cat shop/releases/${D}/in/written`)).toBe('as it was');
  expect(await place.sh('stat -c %a shop/.cutover/mended; cat shop/.cutover/mended')).toBe(`600\n${B}\n`);
});

test.for(['mended', 'built anew'])(
  'what stands by for a shell goes when the cache is %s without one',
  async (how) => {
    const { place, byShell, bySftp } = await opened();
    await deploy(byShell, await locked(byShell, 'one'), A, TREE);
    await place.sh(`set -- shop; ${UNTIL_TIDIED}`);
    expect(await place.sh('ls shop/.cutover/standby/g-*')).toContain('tree');
    await writeInPlace(place, 'deploy-cache');
    const second = await next(bySftp, 'two');
    if (how === 'mended') await repair(bySftp, second, B);
    else await bySftp.sync(second, await syncRequest(bySftp, B, TREE, { full: true }), never);
    const third = await next(byShell, 'three');
    const standing = await place.sh('ls shop/.cutover/standby');
    await byShell.prepare(third, never);
    const request = await syncRequest(byShell, C, TREE);
    await byShell.sync(third, request, never);
    await byShell.link(third, linkRequest(C, request.work), never);
    expect(await place.sh(`cat shop/releases/${C}/in/written`)).toBe('as it was');
    expect(standing).not.toContain('g-');
  },
);

test('nothing is kept for a shell where none comes again', async () => {
  const { place, byShell, bySftp } = await opened();
  await deploy(byShell, await locked(byShell, 'one'), A, TREE);
  await place.sh(`set -- shop; ${UNTIL_TIDIED}`);
  await place.sh('cp -al shop/.cutover/standby/g-* shop/.cutover/standby/claimed-g-000000');
  await bySftp.prepare(await next(bySftp, 'two'), never);
  expect(await place.sh('ls shop/.cutover/standby')).toBe('wanted\n');
});

test('a worker that ends meanwhile, and takes along what it has made, disturbs nobody', async () => {
  const place = await placeHere((path) => sftpEngine(linkTo(withLists(directoryTransport())), path));
  const engine = place.engine();
  const removed: string[] = [];
  function withLists(inner: Transport): Transport {
    return {
      ...inner,
      async connect(scope) {
        const connection = await inner.connect(scope);
        return {
          ...connection,
          sftp: async (options) => listing((await connection.sftp?.(options)) as Sftp),
        };
      },
    };
  }
  const listing = (sftp: Sftp): Sftp => ({
    ...sftp,
    async list(path) {
      const found = await sftp.list(path);
      if (!path.endsWith('/standby')) return found;
      for (const { name } of found ?? []) {
        removed.push(name);
        await rm(join(path, name), { recursive: true });
      }
      return found;
    },
  });
  const fence = await locked(engine, 'one');
  await place.sh('mkdir -p shop/.cutover/standby/g-000000');
  await engine.prepare(fence, never);
  expect(removed).toEqual(['g-000000']);
});
