import { describe, expect, test } from 'vitest';
import type { Engine, Fence } from '../../remote/engine.ts';
import {
  build,
  ledgerLine,
  linkRequest,
  locked,
  lockRecord,
  never,
  type Place,
  syncRequest,
} from '../conformancePlace.ts';

const A = '20260101000001';

export function lockConformance(open: () => Promise<Place>): void {
  describe('lock', () => {
    test('a look at nothing finds nothing and makes nothing', async () => {
      const place = await open();
      const engine = place.engine();
      const before = await place.sh('find . | sort');
      expect(await engine.observe([], never)).toMatchObject({
        path: place.path,
        writable: true,
        current: { kind: 'absent' },
        releases: [],
        misplaced: [],
        ledger: [],
        cache: { head: null, hash: null, pending: false },
        lock: { generation: null, record: null },
        journal: null,
        running: [],
      });
      expect(await engine.tryLock(lockRecord('one'), [], never)).toMatchObject({
        taken: false,
        generation: null,
      });
      expect(await place.sh('find . | sort')).toBe(before);
    });

    test('one holds it, the other is told who, and gets the next generation when it is given back', async () => {
      const place = await open();
      const [one, other] = [place.engine(), place.engine()];
      expect(await one.takeLock(lockRecord('one'), never)).toMatchObject({
        taken: true,
        fence: { generation: 'g-000001', record: lockRecord('one') },
        seen: { exists: true, lock: { generation: 'g-000001', record: lockRecord('one') } },
      });
      // Run again, as after a lost answer.
      expect(await one.takeLock(lockRecord('one'), never)).toMatchObject({
        taken: true,
        fence: { generation: 'g-000001' },
      });
      for (const attempt of [
        await other.takeLock(lockRecord('two'), never),
        await other.tryLock(lockRecord('two'), [], never),
      ]) {
        expect(attempt).toMatchObject({ taken: false, generation: 'g-000001', record: lockRecord('one') });
        expect(attempt).toMatchObject({ heldSec: expect.any(Number), beatAgeSec: expect.any(Number) });
      }
      expect(await one.releaseLock('g-000001', never)).toEqual({ released: true, current: null });
      expect(await one.releaseLock('g-000001', never)).toEqual({ released: true, current: null });
      expect(await other.tryLock(lockRecord('two'), [], never)).toMatchObject({
        taken: true,
        fence: { generation: 'g-000003' },
      });
      expect((await one.observe([], never)).lock).toMatchObject({ generation: 'g-000003' });
      expect(await one.releaseLock('g-000001', never)).toMatchObject({ released: true });
      expect((await one.observe([], never)).lock).toMatchObject({ record: lockRecord('two') });
    });

    test('of many at once one gets it', async () => {
      const place = await open();
      const attempts = await Promise.all(
        Array.from({ length: 8 }, (_, index) => place.engine().takeLock(lockRecord(`n${index}`), never)),
      );
      expect(attempts.filter(({ taken }) => taken)).toHaveLength(1);
    });

    test('only who was silent by the clock of the server is followed, and a sign of life ends the silence', async () => {
      const place = await open();
      const engine = place.engine();
      const fence = await locked(engine);
      const over = { generation: fence.generation, silentSec: 60 };
      const follow = () => place.engine().takeLock(lockRecord('two'), never, { over });
      expect(await follow()).toMatchObject({ taken: false });
      await place.sh(`touch -h -d '5 minutes ago' shop/.cutover/locks/${fence.generation}`);
      const held = await engine.tryLock(lockRecord('three'), [], never);
      expect(held).toMatchObject({ taken: false });
      expect((held as { beatAgeSec: number }).beatAgeSec).toBeGreaterThan(200);
      await engine.beat(fence, never);
      expect(await follow()).toMatchObject({ taken: false });
      await place.sh(`touch -d '5 minutes ago' shop/.cutover/locks/beat-${fence.generation}`);
      expect(await follow()).toMatchObject({ taken: true, fence: { generation: 'g-000002' } });
    });

    test('whoever lost it changes nothing any more', async () => {
      const place = await open();
      const engine = place.engine();
      const lost = await locked(engine);
      await engine.prepare(lost, never);
      await build(engine, lost, A, { file: 'one' });
      await locked(place.engine(), 'two', lost.generation);
      const before = await place.sh('find shop -printf "%p %s %T@ %l\\n" | sort');
      for (const attempt of await changes(engine, lost))
        await expect(attempt()).rejects.toMatchObject({
          code: 'E_FENCED',
          message: expect.stringMatching(/ took the lock over \(g-000002\)$/),
        });
      expect(await place.sh('find shop -printf "%p %s %T@ %l\\n" | sort')).toBe(before);
    });

    test('old generations go, newer ones never', async () => {
      const place = await open();
      const engine = place.engine();
      for (let turn = 0; turn < 12; turn++) {
        const { generation } = await locked(engine, `turn${turn}`);
        await engine.releaseLock(generation, never);
      }
      const kept = (await place.sh('ls shop/.cutover/locks | grep ^g-')).trim().split('\n');
      expect(kept.length).toBeLessThan(12);
      expect(kept.at(-1)).toBe('g-000024');
    });
  });
}

async function changes(engine: Engine, fence: Fence): Promise<readonly (() => Promise<unknown>)[]> {
  const request = await syncRequest(engine, '20260101000002', { file: 'two' });
  const previous = { previous: null, previousMustExist: false };
  return [
    () => engine.beat(fence, never),
    () => engine.prepare(fence, never),
    () => engine.sync(fence, request, never),
    () => engine.link(fence, linkRequest('20260101000003', request.work), never),
    () =>
      engine.activate(
        fence,
        { release: A, expected: null, method: null, active: ledgerLine(A, 'active') },
        never,
      ),
    () => engine.revert(fence, { release: A, ...previous, discard: true, record: 'no', nonce: 'n' }, never),
    () => engine.prune(fence, { releases: [A], records: ['no'], ledger: null, nonce: 'n' }, never),
    () => engine.note(fence, never),
    () => engine.endCommands(fence, A, never),
    () => engine.finish(fence, { prune: null, journal: A, closing: 'no' }, never),
  ];
}
