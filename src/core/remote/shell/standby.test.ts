import { execFile } from 'node:child_process';
import { lstat } from 'node:fs/promises';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { engineHere, never } from '../../testing/engineHere.ts';
import { localTransport } from '../../testing/localConnection.ts';
import { tidied } from '../../testing/tidied.ts';
import type { Tree } from '../../testing/trees.ts';

const run = promisify(execFile);

/** Everything below, with kinds, modes, times to the nanosecond, targets, and the inodes of what is no directory. */
async function exactly(path: string): Promise<readonly string[]> {
  const format = ['-type', 'd', '-printf', '%y %m %T@ %P\\n', '-o', '-printf', '%y %m %T@ %i %P %l\\n'];
  const { stdout } = await run('find', [path, ...format]);
  return stdout.split('\n').sort();
}

const names = fc.constantFrom('a', 'b', 'it\'s "x" é', '-rf', ' ');
const paths = fc.array(names, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
const things = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('', 'one', 'two', 'three') },
  { weight: 1, arbitrary: fc.constant(null) },
  { weight: 1, arbitrary: fc.constantFrom({ to: 'somewhere' }, { to: 'a' }) },
);
const entries = fc.array(fc.tuple(paths, things), { maxLength: 12 });

/** No path leads through a file or a link. */
function treeOf(entries: readonly (readonly [string, Tree[string]])[]): Tree {
  const tree = new Map(entries);
  const isBlocked = (path: string) =>
    [...tree].some(([other, what]) => what !== null && path.startsWith(`${other}/`));
  return Object.fromEntries([...tree].filter(([path]) => !isBlocked(path)));
}

/** Each tree has a part of the first one, and something of its own. */
const chains = fc
  .tuple(
    entries,
    fc.array(
      fc.tuple(
        fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }),
        entries.filter((each) => each.length < 4),
      ),
      {
        minLength: 3,
        maxLength: 6,
      },
    ),
  )
  .map(([base, steps]) => [
    treeOf(base),
    ...steps.map(([keeps, own]) => treeOf([...base.filter((_, index) => keeps[index]), ...own])),
  ]);

test('a standby becomes the very release that a clone of the cache would be, whatever has changed', {
  timeout: 120_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(chains, async (chain) => {
      let here = await engineHere();
      for (const [index, tree] of chain.entries()) {
        const release = String(20260101000000 + index);
        const work = await here.sync(release, tree);
        await run('cp', ['-al', here.at('deploy-cache'), here.at('clone')]);
        const standby = await lstat(
          here.at('.cutover/standby', `claimed-${here.fence.generation}`, 'tree'),
        ).catch(() => null);
        await here.link(release, work);
        expect(await exactly(here.at('releases', release))).toEqual(await exactly(here.at('clone')));
        if (index > 0) expect((await lstat(here.at('releases', release))).ino).toBe(standby?.ino);
        await run('rm', ['-rf', here.at('clone')]);
        await here.engine.releaseLock(here.fence.generation, never);
        await tidied(here.path);
        here = await engineHere(localTransport(), here.path);
      }
    }),
    { numRuns: 12 },
  );
});
