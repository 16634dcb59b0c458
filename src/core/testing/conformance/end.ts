import { describe, expect, test } from 'vitest';
import { packRepair } from '../../sync/repairArchive.ts';
import {
  activate,
  build,
  contents,
  contentsOf,
  journalOf,
  ledgerLine,
  locked,
  never,
  type Place,
} from '../conformancePlace.ts';
import { snapshotOf, type Tree } from '../trees.ts';

const [A, B, C] = ['20260101000001', '20260101000002', '20260101000003'] as const;

export function endConformance(open: () => Promise<Place>): void {
  describe('end', () => {
    test('what is pruned goes, what is live stays, and the ledger tells of it', async () => {
      const { place, engine, fence } = await opened(open);
      const request = { releases: [A, C], records: [ledgerLine(C, 'succeeded')], ledger: null, nonce: 'n' };
      for (let time = 0; time < 2; time++)
        expect(await engine.prune(fence, request, never)).toEqual({ inUse: [] });
      expect(await place.sh('ls shop/releases')).toBe(`${B}\n${C}\n`);
      expect((await engine.observe([], never)).ledger.at(-1)).toMatchObject({
        release: C,
        state: 'succeeded',
      });
      await engine.prune(fence, { ...request, releases: [], ledger: [ledgerLine(C, 'ready')] }, never);
      expect(await place.sh('cat shop/.cutover/ledger')).toBe(`${ledgerLine(C, 'ready')}\n`);
    });

    test('nothing that happened to a release that is pruned comes back in a later one', async () => {
      const place = await open();
      const engine = place.engine();
      const fence = await locked(engine);
      await engine.prepare(fence, never);
      const names = Array.from({ length: 9 }, (_, index) => `2026010100001${index}`);
      for (const [index, release] of names.entries()) {
        const tree: Tree = {
          'in/one': 'same',
          'in/two': 'same',
          'in/changes': `${index}`,
          'other/deep/three': 'SAME',
          'other/way': { to: index % 2 === 0 ? 'deep' : '../in' },
          empty: null,
          ...(index % 3 === 0 ? { 'sometimes/here': 'x' } : { sometimes: 'a file' }),
        };
        await build(engine, fence, release, tree, { sharedDirectories: ['in/kept'], mode: 'hardlink' });
        expect(await contents(place, `shop/releases/${release}`)).toEqual(
          [...contentsOf(tree), 'link in/kept -> ../../../shared/in/kept'].sort(),
        );
        expect(await place.sh(`stat -c %a shop/releases/${release}`)).toBe('755\n');
        const old = names[index - 2];
        if (old === undefined) continue;
        await place.sh(`cd shop/releases/${old}; ${VANDALISM[index % VANDALISM.length]}`);
        const request = { releases: [old], records: [], ledger: null, nonce: release };
        await engine.prune(fence, request, never);
        await engine.prepare(fence, never);
      }
      expect(await place.sh('ls shop/releases')).toBe(`${names.slice(-2).join('\n')}\n`);
    });

    test('what was mended in the cache does not come back from a release that was not', async () => {
      const place = await open();
      const engine = place.engine();
      const fence = await locked(engine);
      await engine.prepare(fence, never);
      const tree: Tree = { 'in/written': 'as it was', 'in/other': 'o', third: 't' };
      await build(engine, fence, A, tree, { mode: 'hardlink' });
      // Nothing but its content tells of it.
      await place.sh(
        `cd shop/releases/${A}/in; at=$(stat -c %Y written); printf 'AS IT WAS' >written; touch -d @$at written`,
      );
      const send = ((await engine.manifest(never)).manifest ?? []).filter(
        ({ path }) => path === 'in/written',
      );
      const archive = () =>
        packRepair({ release: B, send, copy: [], snapshot: snapshotOf(tree), signal: never });
      await engine.repair(fence, { release: B, otherReleases: false, archive }, never);
      await build(engine, fence, B, tree);
      await engine.prune(fence, { releases: [A], records: [], ledger: null, nonce: 'n' }, never);
      await engine.prepare(fence, never);
      await build(engine, fence, C, { ...tree, new: 'n' });
      expect(await place.sh(`cat shop/releases/${B}/in/written shop/releases/${C}/in/written`)).toBe(
        'as it wasas it was',
      );
    });

    test('prunes, puts the journal away and gives the lock back in one, and again', async () => {
      const { place, engine, fence } = await opened(open);
      const journal = journalOf(['{"type":"pruning"}'], '{"type":"pruned"}');
      const request = {
        prune: { releases: [A], records: [], ledger: null, nonce: 'n' },
        journal: `${C}-one`,
        closing: '{"type":"closed"}',
      };
      const done = { released: true, current: `releases/${C}`, pruneFailure: null, closeFailure: null };
      expect(await engine.finish({ ...fence, journal }, request, never)).toMatchObject(done);
      expect(await engine.finish({ ...fence, journal }, request, never)).toMatchObject(done);
      expect(lines(await place.sh(`cat shop/.cutover/journals/${C}-one`))).toEqual([
        '{"type":"pruning"}',
        '{"type":"pruned"}',
        '{"type":"closed"}',
      ]);
      expect(await place.sh('ls shop/releases')).toBe(`${B}\n${C}\n`);
      expect(await engine.observe([], never)).toMatchObject({ journal: null, lock: { record: 'released' } });
    });

    test('a prune that fails keeps nothing behind it from being done', async () => {
      const { engine, fence } = await opened(open);
      const request = {
        prune: { releases: ['../C'], records: [], ledger: null, nonce: 'n' },
        journal: `${C}-one`,
        closing: null,
      };
      const end = await engine.finish(fence, request, never);
      expect(end).toMatchObject({ released: true, closeFailure: null });
      expect(end.pruneFailure).toMatchObject({ code: 'E_BUG' });
    });

    test('what is to be done is in the journal before it is, what was done behind it', async () => {
      const { place, engine, fence } = await opened(open);
      await place.sh(
        'printf torn >>shop/.cutover/journals/open 2>/dev/null || { mkdir -p shop/.cutover/journals; printf torn >shop/.cutover/journals/open; chown -R --reference=shop/releases shop/.cutover/journals; }',
      );
      const journal = journalOf(['{"type":"begun"}', '{"type":"more"}'], '{"type":"done"}');
      await engine.note({ ...fence, journal }, never);
      expect(journal.lines()).toEqual([]);
      const failing = journalOf(['{"type":"again"}'], '{"type":"never"}');
      await activate(engine, { ...fence, journal: failing }, A, null).catch(() => {});
      const told = lines((await engine.observe([], never)).journal ?? '');
      expect(told.slice(0, 4)).toEqual(['torn', '{"type":"begun"}', '{"type":"more"}', '{"type":"done"}']);
      expect(told).toContain('{"type":"again"}');
    });

    test('a line of the ledger that was torn spoils no other', async () => {
      const { place, engine, fence } = await opened(open);
      await place.sh(`printf '{"release":"2026' >>shop/.cutover/ledger`);
      const records = [ledgerLine(C, 'bad')];
      await engine.prune(fence, { releases: [], records, ledger: null, nonce: 'n' }, never);
      expect((await engine.observe([], never)).ledger.at(-1)).toMatchObject({ release: C, state: 'bad' });
    });

    test('what a dead run left is swept', async () => {
      const { place, engine, fence } = await opened(open);
      await place.sh(
        'for each in build incoming trash tmp; do mkdir -p shop/.cutover/$each/left/deep; ln -s /etc shop/.cutover/$each/left/way; done; chown -R --reference=shop/releases shop/.cutover',
      );
      await engine.prepare(fence, never);
      expect(await place.sh('cd shop/.cutover; find build incoming trash tmp -mindepth 1')).toBe('');
      expect(await place.sh('ls /etc | wc -l')).not.toBe('0\n');
    });
  });
}

/** Of a size and a time that look as if nothing had happened, where that can be. */
const VANDALISM = [
  'echo stray >in/stray; mkdir empty/full; echo stray >empty/full/stray',
  'cp -p in/one new; printf LAME >new; touch -r in/one new; mv new in/two',
  'mv in/one swap; mv other/deep/three in/one; mv swap other/deep/three; rm in/two',
  'rm other/way; ln -s /etc other/way; chmod 700 other/deep',
  'rm -r other; mkdir other; ln -s ../in other/deep; rm in/kept; chmod 700 .',
];

function lines(text: string): readonly string[] {
  return text.split('\n').filter((line) => line !== '');
}

async function opened(open: () => Promise<Place>) {
  const place = await open();
  const engine = place.engine();
  const fence = await locked(engine);
  await engine.prepare(fence, never);
  for (const release of [A, B, C]) await build(engine, fence, release, { 'in/file': release });
  await activate(engine, fence, C, null);
  return { place, engine, fence };
}
