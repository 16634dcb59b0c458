import { describe, expect, test } from 'vitest';
import type { Engine } from '../../remote/engine.ts';
import { countAsked, never, type Place } from '../conformancePlace.ts';

const MARK = {
  by: 'ada@laptop',
  at: '2026-01-01T00:00:00.000Z',
  reason: 'it’s the disk "sda"\n$(x)',
  until: null,
};

export function markConformance(open: () => Promise<Place>): void {
  describe('marks', () => {
    test('are set where nothing is yet, replaced, read in the look, and taken away', async () => {
      const place = await open();
      const engine = place.engine();
      const marks = async () => {
        const { paused, frozen } = await engine.observe([], never);
        return { paused, frozen };
      };
      expect(await marks()).toEqual({ paused: null, frozen: null });
      await engine.clearMark('paused', never);
      expect(await place.sh('ls -A')).toBe('');

      await engine.setMark('paused', { ...MARK, reason: 'first' }, never);
      await engine.setMark('paused', MARK, never);
      expect(await marks()).toEqual({ paused: MARK, frozen: null });
      const frozen = { ...MARK, until: '2026-01-02T00:00:00.000Z' };
      await engine.setMark('frozen', frozen, never);
      expect(await marks()).toEqual({ paused: MARK, frozen });
      expect(await place.sh('ls -A shop shop/.cutover; wc -l <shop/.cutover/paused')).toMatch(
        /^shop:\n\.cutover\n\nshop\/\.cutover:\nfrozen\npaused\n *1\n$/,
      );
      expect(await place.sh('find shop/.cutover -perm -0007 -o -perm -0070')).toBe('');

      await engine.clearMark('paused', never);
      await engine.clearMark('paused', never);
      expect(await marks()).toEqual({ paused: null, frozen });
      await engine.close();
    });

    test('count also when nobody can read them', async () => {
      const place = await open();
      const engine = place.engine();
      await place.sh('mkdir -p shop/.cutover && : >shop/.cutover/frozen');
      const { frozen } = await engine.observe([], never);
      expect(frozen).toEqual({ by: 'somebody', at: null, reason: 'the mark cannot be read', until: null });
      await engine.close();
    });

    test('are whole when the line breaks while they are set', async () => {
      const place = await open();
      const set = (reason: string) => (engine: Engine) =>
        engine.setMark('paused', { ...MARK, reason }, never);
      const total = await countAsked(place, set('uncut'));
      for (let at = 1; at <= total; at++) {
        const engine = place.engine((index) => (index === at ? 'after' : null));
        await set(`cut at ${at}`)(engine);
        expect((await engine.observe([], never)).paused).toEqual({ ...MARK, reason: `cut at ${at}` });
        await engine.close();
      }
    });
  });
}
