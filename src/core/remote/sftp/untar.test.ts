import fc from 'fast-check';
import { expect, test } from 'vitest';
import { packTar } from '../../sync/packTar.ts';
import { never } from '../../testing/engineHere.ts';
import { manifestOf, snapshotOf, type Tree } from '../../testing/trees.ts';
import { untar } from './untar.ts';

const name = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
  .map((text) => text.replaceAll(/[\p{C}/]/gu, '_').repeat(4))
  .filter((text) => text !== '....');
const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join('/'));
const trees: fc.Arbitrary<Tree> = fc
  .uniqueArray(
    fc.tuple(
      path,
      fc.oneof(
        fc.uint8Array({ maxLength: 2000 }),
        name.map((to) => ({ to })),
      ),
    ),
    {
      selector: ([at]) => at.split('/')[0],
      maxLength: 6,
    },
  )
  .map((entries) => Object.fromEntries(entries));

test('for any tree: what packTar packs comes out again, in pieces of any size', async () => {
  await fc.assert(
    fc.asyncProperty(trees, fc.integer({ min: 1, max: 5000 }), async (tree, pieceBytes) => {
      const manifest = manifestOf(tree);
      const archive = packTar(
        {
          directories: manifest.filter(({ kind }) => kind === 'directory').map(({ path: at }) => at),
          links: manifest.filter(({ kind }) => kind === 'link'),
          files: snapshotOf(tree).read(
            manifest.filter(({ kind }) => kind === 'file'),
            never,
          ),
        },
        1_700_000_000,
      );
      const found: Record<string, Tree[string]> = {};
      for await (const member of untar(inPieces(archive, pieceBytes))) {
        if (member.kind === 'link') found[member.path] = { to: member.target };
        if (member.kind !== 'file') continue;
        expect(member).toMatchObject({ mode: 0o644, modifiedAtSec: 1_700_000_000 });
        const chunks: Uint8Array[] = [];
        for await (const chunk of member.chunks) chunks.push(chunk);
        found[member.path] = new Uint8Array(Buffer.concat(chunks));
      }
      expect(found).toEqual(tree);
    }),
    { numRuns: 60 },
  );
});

test('an archive that ends early is not taken for a whole one', async () => {
  const archive = packTar(
    { directories: ['one', 'two'], links: [], files: snapshotOf({}).read([], never) },
    0,
  );
  const cut = async function* () {
    for await (const piece of archive) yield piece.subarray(0, 700);
  };
  const seen: string[] = [];
  const reading = (async () => {
    for await (const { path: at } of untar(cut())) seen.push(at);
  })();
  await expect(reading).rejects.toMatchObject({ code: 'E_REMOTE', message: 'the upload ended early' });
  expect(seen).toEqual(['one']);
});

async function* inPieces(archive: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Uint8Array> {
  for await (const piece of archive) {
    for (let at = 0; at < piece.length; at += size) yield piece.subarray(at, at + size);
  }
}
