import { describe, expect, test } from 'vitest';
import type { SyncRequest } from '../../remote/engine.ts';
import type { ManifestEntry } from '../../sync/types.ts';
import { contents, contentsOf, locked, never, type Place, syncRequest } from '../conformancePlace.ts';
import { manifestOf, snapshotOf, type Tree } from '../trees.ts';

const A = '20260101000001';
const B = '20260101000002';
const C = '20260101000003';

export const ODD: Tree = {
  "-rf it's": 'a',
  'two  spaces "and" $(quotes) `ticks` * ? [x] \\ !': 'b',
  'ünï/cödé/e\u0301': 'c',
  ' leading/ trailing ': 'd',
  empty: '',
  'empty directory': null,
  'deep/er/and/deeper': { to: '../../../empty' },
  nowhere: { to: 'does/not/exist' },
  [`long/${'x'.repeat(200)}/${'y'.repeat(120)}`]: 'e',
  large: Buffer.alloc(700_000, 'large '),
};

export function cacheConformance(open: () => Promise<Place>): void {
  describe('deploy-cache', () => {
    test('a tree with odd names arrives exactly, and again', async () => {
      const { place, sync } = await opened(open);
      const request = await sync(A, ODD);
      expect(await contents(place, 'shop/deploy-cache')).toEqual(contentsOf(ODD));
      await request.again();
      expect(await contents(place, 'shop/deploy-cache')).toEqual(contentsOf(ODD));
      expect((await place.engine().manifest(never)).manifest?.map(({ path }) => path)).toEqual(
        manifestOf(ODD).map(({ path }) => path),
      );
    });

    test('what a path is changes between any two kinds', async () => {
      const { place, sync } = await opened(open);
      const kinds: readonly Tree[] = [
        { x: 'a file', y: { to: 'x' }, 'z/in/it': 'deep', w: null },
        { 'x/now/a': 'directory', y: 'a file', z: { to: 'y' }, w: 'a file' },
        { x: { to: 'y' }, 'y/is/one': null, z: 'a file', 'w/full': 'x' },
        { x: null, y: null, z: null, 'w/full': { to: '../x' } },
        { other: 'x' },
      ];
      for (const [index, tree] of kinds.entries()) {
        const request = await sync(`2026010100001${index}`, tree);
        expect(await contents(place, 'shop/deploy-cache')).toEqual(contentsOf(tree));
        await request.again();
        expect(await contents(place, 'shop/deploy-cache')).toEqual(contentsOf(tree));
      }
    });

    test('new content is a new inode, and what did not change keeps its own, and its time', async () => {
      const { place, sync } = await opened(open);
      const facts = () => place.sh("find shop/deploy-cache -type f -printf '%f %i %T@\\n' | sort");
      await sync(A, { same: 'one', other: 'one' });
      await place.sh('ln shop/deploy-cache/other held');
      const [other, same] = (await facts()).split('\n');
      await sync(B, { same: 'one', other: 'two' });
      const [otherNow, sameNow] = (await facts()).split('\n');
      expect(sameNow).toBe(same);
      expect(otherNow).not.toBe(other);
      expect(await place.sh('cat held')).toBe('one');
    });

    test('the head is what the server says that it holds', async () => {
      const { place, sync } = await opened(open);
      const { request } = await sync(A, ODD);
      const { cache } = await place.engine().observe([], never);
      expect(cache).toMatchObject({ head: request.work.head, pending: false });
      expect(await place.sh('find shop/.cutover/incoming -mindepth 1 -maxdepth 1 -type d')).toBe('');
      await sync(B, { one: '1' }, { full: true });
      expect(await contents(place, 'shop/deploy-cache')).toEqual(contentsOf({ one: '1' }));
      expect(await place.sh('ls shop/.cutover/manifests')).toBe(`${B}\n`);
    });

    test('an upload that is stopped leaves the cache, and is gone on with', async () => {
      const { place, engine, fence, sync } = await opened(open);
      await sync(A, { one: '1', keep: 'x' });
      const wanted: Tree = { one: 'changed', two: '2', 'in/three': '3', four: '4' };
      const stop = new AbortController();
      const stopping = reading(wanted, (path) => {
        if (path === 'two') stop.abort(new Error('enough'));
      });
      const request = await syncRequest(engine, B, wanted, { ...stopping, cancel: stop.signal });
      await expect(engine.sync(fence, request, never)).rejects.toMatchObject({ code: 'E_INTERRUPTED' });
      expect(await contents(place, 'shop/deploy-cache')).toEqual(contentsOf({ one: '1', keep: 'x' }));
      const read: string[] = [];
      const again = await syncRequest(engine, B, wanted, {
        ...reading(wanted, (path) => read.push(path)),
        isAgain: true,
      });
      await engine.sync(fence, again, never);
      expect(await contents(place, 'shop/deploy-cache')).toEqual(contentsOf(wanted));
      expect(read.length).toBeLessThanOrEqual(4);
    });

    test('a source that fails leaves the cache', async () => {
      const { place, engine, fence, sync } = await opened(open);
      await sync(A, { one: '1' });
      const failing = reading({ one: '2', two: '2' }, (path) => {
        if (path === 'two') throw new Error('the disk is gone');
      });
      const request = await syncRequest(engine, B, { one: '2', two: '2' }, failing);
      await expect(engine.sync(fence, request, never)).rejects.toThrow('the disk is gone');
      expect(await contents(place, 'shop/deploy-cache')).toEqual(contentsOf({ one: '1' }));
      expect((await engine.observe([], never)).cache.pending).toBe(false);
    });

    test('nothing is written or removed through a link that somebody put there', async () => {
      const { place, engine, fence, sync } = await opened(open);
      await sync(A, { 'in/file': '1', 'in/other': '1' });
      await place.sh('mkdir outside; echo mine >outside/file; echo mine >outside/other');
      await place.sh('rm -r shop/deploy-cache/in; ln -s ../../outside shop/deploy-cache/in');
      const request = await syncRequest(engine, C, { 'in/file': '2' });
      await expect(engine.sync(fence, request, never)).rejects.toMatchObject({
        code: 'E_REFUSED',
        message: expect.stringContaining('deploy-cache/in is not the directory it was'),
      });
      expect(await place.sh('cat outside/file outside/other')).toBe('mine\nmine\n');
    });
  });
}

async function opened(open: () => Promise<Place>) {
  const place = await open();
  const engine = place.engine();
  const fence = await locked(engine);
  await engine.prepare(fence, never);
  const sync = async (release: string, tree: Tree, options: { readonly full?: boolean } = {}) => {
    const request = await syncRequest(engine, release, tree, options);
    await engine.sync(fence, request, never);
    return { request, again: () => engine.sync(fence, { ...request, isAgain: true }, never) };
  };
  return { place, engine, fence, sync };
}

/** The snapshot of a tree that tells which file is about to be read. */
function reading(tree: Tree, before: (path: string) => void): Pick<SyncRequest, 'snapshot'> {
  const inner = snapshotOf(tree);
  return {
    snapshot: {
      async *read(entries: readonly ManifestEntry[], signal: AbortSignal) {
        for (const entry of entries) {
          before(entry.path);
          yield* inner.read([entry], signal);
        }
      },
    },
  };
}
