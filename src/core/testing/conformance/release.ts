import { describe, expect, test } from 'vitest';
import type { LinkRequest } from '../../remote/engine.ts';
import { packRepair } from '../../sync/repairArchive.ts';
import {
  build,
  contents,
  contentsOf,
  linkRequest,
  locked,
  never,
  type Place,
  syncRequest,
} from '../conformancePlace.ts';
import { snapshotOf, type Tree } from '../trees.ts';
import { ODD } from './cache.ts';

const A = '20260101000001';
const B = '20260101000002';

export function releaseConformance(open: () => Promise<Place>): void {
  describe('release', () => {
    test('is exactly the cache, shares its files, and its name means that it is complete', async () => {
      const { place, link } = await opened(open, ODD);
      expect(await link()).toMatchObject({ copied: null });
      expect(await contents(place, `shop/releases/${A}`)).toEqual(contentsOf(ODD));
      await link();
      expect(await contents(place, `shop/releases/${A}`)).toEqual(contentsOf(ODD));
      expect(await place.sh('ls -A shop/.cutover/build')).toBe('');
      const ledger = await place.sh('cat shop/.cutover/ledger');
      expect(ledger.match(/"ready"/g)).toHaveLength(1);
    });

    test('an older release stays what it was', async () => {
      const { place, engine, fence, link } = await opened(open, ODD);
      await link({ mode: 'hardlink' });
      await build(engine, fence, B, { empty: 'not any more', large: 'smaller', new: null });
      expect(await contents(place, `shop/releases/${A}`)).toEqual(contentsOf(ODD));
    });

    test('files that are not to be shared have an inode of their own', async () => {
      const { place, link } = await opened(open, { shared: 's', 'own/file': 'o' });
      expect(await link({ mode: 'hardlink', unshared: ['own/file'] })).toEqual({
        copied: null,
        shares: true,
      });
      const names = await place.sh(`find shop/releases/${A} -type f -links 1 -printf '%P %m\\n'`);
      expect(names).toBe('own/file 644\n');
    });

    test('a release that is copied shares nothing', async () => {
      const { place, link } = await opened(open, { one: '1', 'in/two': '2' });
      expect(await link({ mode: 'copy' })).toEqual({ copied: null, shares: false });
      expect(await place.sh(`find shop/releases/${A} -type f -links +1`)).toBe('');
      expect(await contents(place, `shop/releases/${A}`)).toEqual(contentsOf({ one: '1', 'in/two': '2' }));
    });

    test('shared paths are linked; what is missing is seeded from the release, once, as a copy', async () => {
      const tree: Tree = { 'storage/app/seed': 's', 'config/.env': 'e', 'public/index': 'i' };
      const { place, engine, fence, link } = await opened(open, tree);
      const shared = { sharedDirectories: ['storage', 'public/media/big'], sharedFiles: ['config/.env'] };
      await link({ ...shared, mode: 'hardlink' });
      const at = `shop/releases/${A}`;
      expect(await place.sh(`readlink ${at}/storage ${at}/public/media/big ${at}/config/.env`)).toBe(
        '../../shared/storage\n../../../../shared/public/media/big\n../../../shared/config/.env\n',
      );
      expect(await place.sh(`cat ${at}/storage/app/seed ${at}/config/.env ${at}/public/index`)).toBe('sei');
      expect(await place.sh('find shop/shared -type f -links +1')).toBe('');
      await place.sh('echo mine >shop/shared/config/.env');
      await build(engine, fence, B, { ...tree, 'config/.env': 'from the source' }, shared);
      expect(await place.sh(`cat shop/releases/${B}/config/.env`)).toBe('mine\n');
      expect((await engine.observe(['storage', 'config/.env', 'no'], never)).shared).toEqual({
        storage: 'directory',
        'config/.env': 'file',
        no: 'absent',
      });
    });

    test('a shared file that nobody has, and one below a link, are refused', async () => {
      const { place, link } = await opened(open, { 'in/file': 'x', way: { to: 'in' } });
      await expect(link({ sharedFiles: ['missing'] })).rejects.toMatchObject({
        code: 'E_REFUSED',
        message: expect.stringContaining('the shared file shared/missing does not exist'),
      });
      await expect(link({ sharedDirectories: ['way/out'] })).rejects.toMatchObject({
        code: 'E_REFUSED',
        message: expect.stringContaining('way is not a directory in the release'),
      });
      expect(await place.sh('ls shop/releases')).toBe('');
    });

    test('a cache that somebody changed is not linked', async () => {
      const { place, link } = await opened(open, { one: '1' });
      await place.sh('echo >shop/deploy-cache/stray');
      await expect(link()).rejects.toMatchObject({
        code: 'E_REFUSED',
        message: expect.stringContaining('holds 2 entries and not the 1 it should'),
      });
    });

    test('what was written in place is found, not linked, and mended', async () => {
      const tree: Tree = { 'in/written': 'as it was', 'in/mode': 'm', alone: 'x' };
      const { place, engine, fence, link } = await opened(open, tree);
      await link({ mode: 'hardlink' });
      await place.sh(
        `cd shop/releases/${A}; echo more >>in/written; chmod 755 in/mode; rm alone; echo new >alone`,
      );
      const leaks = await engine.leaks(never);
      expect(leaks).toEqual([
        { path: 'in/mode', content: false },
        { path: 'in/written', content: true },
      ]);
      const request = await syncRequest(engine, B, tree);
      const next = linkRequest(B, request.work, { mode: 'hardlink' });
      await expect(engine.link(fence, next, never)).rejects.toMatchObject({
        code: 'E_REFUSED',
        message: expect.stringContaining('were changed in place'),
      });
      const entries = (await engine.manifest(never)).manifest ?? [];
      const chosen = (content: boolean) =>
        entries.filter(({ path }) => leaks.some((leak) => leak.path === path && leak.content === content));
      const archive = () =>
        packRepair({
          release: B,
          send: chosen(true),
          copy: chosen(false),
          snapshot: snapshotOf(tree),
          signal: never,
        });
      for (let time = 0; time < 2; time++)
        await engine.repair(fence, { release: B, otherReleases: false, archive }, never);
      expect(await engine.leaks(never)).toEqual([]);
      await engine.link(fence, next, never);
      expect(await contents(place, `shop/releases/${B}`)).toEqual(contentsOf(tree));
      expect(await place.sh(`cat shop/releases/${A}/in/written`)).toBe('as it wasmore\n');
    });
  });
}

async function opened(open: () => Promise<Place>, tree: Tree) {
  const place = await open();
  const engine = place.engine();
  const fence = await locked(engine);
  await engine.prepare(fence, never);
  const request = await syncRequest(engine, A, tree);
  await engine.sync(fence, request, never);
  const link = (options: Partial<LinkRequest> = {}) =>
    engine.link(fence, linkRequest(A, request.work, options), never);
  return { place, engine, fence, link };
}
