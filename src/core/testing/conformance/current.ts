import { describe, expect, test } from 'vitest';
import { activate, build, ledgerLine, locked, never, type Place } from '../conformancePlace.ts';

const A = '20260101000001';
const B = '20260101000002';

export function currentConformance(open: () => Promise<Place>): void {
  describe('current', () => {
    test('is switched from what is expected, and read back', async () => {
      const { place, engine, fence } = await opened(open);
      await activate(engine, fence, A, null);
      await activate(engine, fence, A, null);
      expect(await place.sh('readlink shop/current; cat shop/current/file')).toBe(`releases/${A}\na`);
      await expect(activate(engine, fence, B, null)).rejects.toMatchObject({ code: 'E_STALE' });
      expect(await place.sh('readlink shop/current')).toBe(`releases/${A}\n`);
      await activate(engine, fence, B, `releases/${A}`);
      expect((await engine.observe([], never)).current).toEqual({
        kind: 'link',
        text: `releases/${B}`,
        release: B,
        dangling: false,
      });
      expect(await place.sh(`ls -A shop/releases/${A} shop/.cutover/tmp`)).not.toContain('current');
      const ledger = (await engine.observe([], never)).ledger.map(({ release, state }) => [release, state]);
      expect(ledger).toEqual([
        [A, 'ready'],
        [B, 'ready'],
        [A, 'active'],
        [B, 'active'],
      ]);
    });

    test('never leads to a release that is not there, and never replaces what is no link', async () => {
      const { place, engine, fence } = await opened(open);
      await expect(activate(engine, fence, '20260101000009', null)).rejects.toMatchObject({
        code: 'E_REMOTE',
      });
      await place.sh('mkdir shop/current');
      await expect(activate(engine, fence, A, null)).rejects.toMatchObject({ code: 'E_REFUSED' });
      expect((await engine.observe([], never)).current).toEqual({ kind: 'directory' });
    });

    test('goes back, and then the release goes', async () => {
      const { place, engine, fence } = await opened(open);
      await activate(engine, fence, A, null);
      await activate(engine, fence, B, `releases/${A}`);
      const request = {
        release: B,
        previous: `releases/${A}`,
        previousMustExist: true,
        discard: true,
        record: ledgerLine(B, 'failed'),
        nonce: 'undone',
      };
      for (let time = 0; time < 2; time++)
        expect(await engine.revert(fence, request, never)).toEqual({ current: `releases/${A}` });
      expect(await place.sh('ls shop/releases; ls -A shop/.cutover/trash')).toBe(`${A}\n`);
      expect((await engine.observe([], never)).ledger.at(-1)).toMatchObject({ release: B, state: 'failed' });
    });

    test('goes back to nothing, and not to a release that is gone', async () => {
      const { place, engine, fence } = await opened(open);
      await activate(engine, fence, B, null);
      const request = { release: B, discard: false, record: null, nonce: 'undone' };
      const gone = { previous: 'releases/20260101000000', previousMustExist: true };
      await expect(engine.revert(fence, { ...request, ...gone }, never)).rejects.toMatchObject({
        code: 'E_REMOTE',
        message: expect.stringContaining('does not exist any more'),
      });
      expect(await place.sh('readlink shop/current')).toBe(`releases/${B}\n`);
      const nothing = { previous: null, previousMustExist: false };
      expect(await engine.revert(fence, { ...request, ...nothing }, never)).toEqual({ current: null });
      expect(await place.sh('ls shop')).not.toContain('current');
      expect(await place.sh('ls shop/releases')).toBe(`${A}\n${B}\n`);
    });

    test('which leads nowhere is told of, and what is ours and is not a directory', async () => {
      const { place, engine } = await opened(open);
      await place.sh(
        'ln -s releases/20250101000000 shop/current; mv shop/shared elsewhere; ln -s ../elsewhere shop/shared',
      );
      const seen = await engine.observe([], never);
      expect(seen.current).toMatchObject({ dangling: true, release: '20250101000000' });
      expect(seen.misplaced).toEqual(['shared']);
    });
  });
}

async function opened(open: () => Promise<Place>) {
  const place = await open();
  const engine = place.engine();
  const fence = await locked(engine);
  await engine.prepare(fence, never);
  await build(engine, fence, A, { file: 'a' });
  await build(engine, fence, B, { file: 'b' });
  return { place, engine, fence };
}
