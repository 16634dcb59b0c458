import type * as FileSystem from 'node:fs';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { exclusion, rawPath } from '../exclusion.ts';
import { canonicalOrder } from '../order.ts';
import { TORTURE, trees } from '../testing/entries.ts';
import { inScratch, never } from '../testing/observe.ts';
import type { Manifest } from '../types.ts';
import { walk } from './walk.ts';

const tellsKinds = vi.hoisted(() => ({ withNames: true }));

vi.mock('node:fs', async (load) => {
  const fs = await load<typeof FileSystem>();
  const readdirSync = (path: Buffer, options: { withFileTypes: true; encoding: 'buffer' }) => {
    if (!tellsKinds.withNames && (options.encoding as string) !== 'buffer')
      throw Object.assign(new TypeError('The "path" argument must be of type string'), {
        code: 'ERR_INVALID_ARG_TYPE',
      });
    return fs.readdirSync(path, options);
  };
  return { ...fs, readdirSync };
});

function make(root: string, tree: Manifest): void {
  for (const { path, kind } of tree) {
    if (kind === 'directory') mkdirSync(join(root, path));
    else writeFileSync(join(root, path), '');
  }
}

const walked = async (root: string) =>
  (await walk(rawPath(root), exclusion([]), never)).found.map(({ path, kind }) => [path, kind]);

describe('a walk', () => {
  test('finds things in the order of a manifest', async () => {
    const names = ['a', 'a-b', 'a.b', 'a0', 'A', 'a\u{1f680}', 'a\uffee', 'a!'];
    await fc.assert(
      fc.asyncProperty(trees(names), (tree) =>
        inScratch(async (root) => {
          make(root, tree);
          const found = (await walked(root)).map(([path = '']) => ({ path }));
          expect(found).toHaveLength(tree.length);
          expect(found).toEqual(canonicalOrder(found));
        }),
      ),
    );
  });

  test('finds the same where the file system does not tell kinds with the names', () =>
    inScratch(async (root) => {
      for (const name of TORTURE) {
        mkdirSync(join(root, name));
        writeFileSync(join(root, name, name), '');
      }
      const found = await walked(root);
      tellsKinds.withNames = false;
      const again = await walked(root);
      tellsKinds.withNames = true;
      expect(found).toHaveLength(2 * TORTURE.length);
      expect(again).toEqual(found);
    }));
});
