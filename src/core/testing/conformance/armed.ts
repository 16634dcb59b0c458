import { describe, expect, test, vi } from 'vitest';
import type { Armed, Engine, Fence } from '../../remote/engine.ts';
import {
  build,
  journalOf,
  type LineCut,
  ledgerLine,
  locked,
  never,
  type Place,
} from '../conformancePlace.ts';

const A = '20260101000001';
const B = '20260101000002';

export function armedConformance(open: () => Promise<Place>): void {
  describe('armed', () => {
    test('and then fired is activated, as in one go', async () => {
      const { place, engine, fence } = await opened(open);
      const told = journalOf(['{"type":"begun"}'], '{"type":"done"}');
      const armed = await arm(engine, { ...fence, journal: told });
      expect(told.lines()).toEqual([]);
      expect(await place.sh('cat shop/.cutover/journals/open')).toContain('begun');
      expect(await place.sh('cat shop/.cutover/journals/open; cat shop/.cutover/ledger')).not.toMatch(
        new RegExp(`done|${B}","state":"active`),
      );
      expect(await current(place)).toBe(A);
      const sentMs = performance.now();
      const { earliestMs, latestMs } = await armed.fire(never);
      expect([earliestMs >= sentMs, latestMs >= earliestMs, performance.now() >= latestMs]).toEqual([
        true,
        true,
        true,
      ]);
      expect(await current(place)).toBe(B);
      expect(await place.sh('cat shop/current/file')).toBe('b');
      expect(await place.sh('tail -n 1 shop/.cutover/journals/open')).toBe('{"type":"done"}\n');
      expect((await engine.observe([], never)).ledger.at(-1)).toMatchObject({ release: B, state: 'active' });
      expect(await place.sh('ls -A shop/.cutover/tmp')).toBe('');
      await engine.close();
    });

    test('is refused as activation is', async () => {
      const { place, engine, fence } = await opened(open);
      await expect(arm(engine, fence, { release: '20260101000009' })).rejects.toMatchObject({
        code: 'E_REMOTE',
      });
      await expect(arm(engine, fence, { expected: null })).rejects.toMatchObject({ code: 'E_STALE' });
      await locked(place.engine(), 'two', fence.generation);
      await expect(arm(engine, fence)).rejects.toMatchObject({ code: 'E_FENCED' });
      expect(await current(place)).toBe(A);
      await engine.close();
    });

    test('does nothing once somebody else has the lock', async () => {
      const { place, engine, fence } = await opened(open);
      const armed = await arm(engine, fence);
      await locked(place.engine(), 'two', fence.generation);
      await expect(armed.fire(never)).rejects.toMatchObject({ code: 'E_FENCED' });
      expect(await current(place)).toBe(A);
      await engine.close();
    });

    test.for([
      ['led elsewhere', 'ln -sfn releases/other shop/current', 'releases/other\n'],
      ['removed', 'rm shop/current', 'none\n'],
    ] as const)('leaves a current alone that was %s meanwhile', async ([, change, left]) => {
      const { place, engine, fence } = await opened(open);
      const armed = await arm(engine, fence);
      await place.sh(`mkdir shop/releases/other; ${change}`);
      await expect(armed.fire(never)).rejects.toMatchObject({ code: 'E_STALE' });
      expect(await place.sh('readlink shop/current || echo none')).toBe(left);
      await engine.close();
    });

    test('and disarmed switches nothing, leaves nothing waiting, and may be activated or armed again', async () => {
      const { place, engine, fence } = await opened(open);
      const before = await workers(place);
      const armed = await arm(engine, fence);
      await armed.disarm();
      expect(await place.sh('ls -A shop/.cutover/tmp')).toBe('');
      await nothingWaits(place, before);
      expect(await current(place)).toBe(A);
      await (await arm(engine, fence)).fire(never);
      expect(await current(place)).toBe(B);
      await engine.activate(fence, request(), never);
      await engine.close();
    });

    test('and taken back leaves nothing that a late message could switch', async () => {
      const { place, engine, fence } = await opened(open);
      const armed = await arm(engine, fence);
      const other = place.engine();
      await other.revert(fence, { ...UNDONE, record: null, nonce: 'undone' }, never);
      expect(await place.sh('ls -A shop/.cutover/tmp')).toBe('');
      expect(await current(place)).toBe(A);
      await armed.disarm();
      await Promise.all([engine.close(), other.close()]);
    });

    test('and left alone switches nothing, and nothing stays there', async () => {
      const { place, fence } = await opened(open);
      const before = await workers(place);
      const { engine } = await armedThen(place, fence, null);
      await engine.close();
      await nothingWaits(place, before);
      expect(await current(place)).toBe(A);
      const next = place.engine();
      await next.activate(fence, request(), never);
      expect(await current(place)).toBe(B);
      await next.close();
    });

    test.for(['before', 'after'] as const)(
      'is switched once where the line breaks %s the message',
      async (cut) => {
        const { place, fence } = await opened(open);
        const before = await workers(place);
        const told = journalOf([], '{"type":"done"}');
        const { engine, armed } = await armedThen(place, { ...fence, journal: told }, cut);
        await armed.fire(never);
        expect(await current(place)).toBe(B);
        expect(await place.sh(`grep -c 'active' shop/.cutover/ledger`)).toBe('2\n');
        expect(await place.sh('cat shop/.cutover/journals/open')).toContain('done');
        await engine.activate(fence, request(), never);
        await nothingWaits(place, before);
        await engine.close();
      },
    );
  });
}

const UNDONE = { release: B, previous: `releases/${A}`, previousMustExist: true, discard: false };

function request() {
  return { release: B, expected: `releases/${A}`, method: null, active: ledgerLine(B, 'active') };
}

function arm(engine: Engine, fence: Fence, other: object = {}): Promise<Armed> {
  return engine.arm!(fence, { ...request(), clockMs: () => performance.now(), ...other }, never);
}

/** Its line breaks at the next thing that it asks for; null: never. */
async function armedThen(place: Place, fence: Fence, cut: ReturnType<LineCut>) {
  let isArmed = false;
  let isCut = false;
  const engine = place.engine(() => {
    if (!isArmed || isCut) return null;
    isCut = true;
    return cut;
  });
  await engine.observe([], never);
  const armed = await arm(engine, fence);
  isArmed = true;
  return { engine, armed };
}

async function opened(open: () => Promise<Place>) {
  const place = await open();
  const engine = place.engine();
  const fence = await locked(engine);
  const { method } = await engine.prepare(fence, never);
  await build(engine, fence, A, { file: 'a' });
  await build(engine, fence, B, { file: 'b' });
  const active = ledgerLine(A, 'active');
  await engine.activate(fence, { release: A, expected: null, method, active }, never);
  return { place, engine, fence };
}

async function current(place: Place): Promise<string> {
  return (await place.sh('readlink shop/current')).trim().replace('releases/', '');
}

/** Processes that work in the deploy path. */
async function workers(place: Place): Promise<readonly string[]> {
  const found = await place.sh(
    `here=$(cd shop; pwd -P); for each in /proc/[0-9]*; do [ "$(readlink "$each/cwd")" != "$here" ] || echo "$each"; done`,
  );
  return found.split('\n').filter((each) => each !== '');
}

/** Resolves once nothing works there but what did before. */
async function nothingWaits(place: Place, before: readonly string[]): Promise<void> {
  const isDone = async () => (await workers(place)).every((each) => before.includes(each));
  await vi.waitUntil(isDone, { timeout: 10_000, interval: 20 });
}
