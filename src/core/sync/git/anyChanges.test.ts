import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compare, putIn, snapshotAt } from '../testing/comparedCommits.ts';
import { ENVIRONMENT, type GitRepository, repositoryAt, withRepository } from '../testing/gitRepository.ts';
import { inScratch, never } from '../testing/observe.ts';
import { expectReadable } from '../testing/reading.ts';

interface Leaf {
  readonly mode: '100644' | '100755' | '120000';
  readonly content: string;
}
type Tree = Readonly<Record<string, Leaf>>;

/** Both trees become commits, on the branches `old` and `new`. */
function importTrees(repository: GitRepository, trees: Readonly<Record<string, Tree>>): void {
  const data = (text: string) => `data ${Buffer.byteLength(text)}\n${text}\n`;
  const commits = Object.entries(trees).map(([branch, tree]) => {
    const lines = Object.entries(tree).map(
      ([path, { mode, content }]) =>
        `M ${mode} inline "${path.replaceAll(/["\\]/g, '\\$&')}"\n${data(content)}`,
    );
    return `commit refs/heads/${branch}\ncommitter c <c@example.com> 0 +0000\n${data(branch)}deleteall\n${lines.join('')}\n`;
  });
  repository.feed(commits.join(''), 'fast-import', '--quiet', '--force');
}

/** No path is below another one. */
function tree(files: Tree): Tree {
  const names = Object.keys(files);
  return Object.fromEntries(
    Object.entries(files).filter(([path]) => !names.some((other) => path.startsWith(`${other}/`))),
  );
}

const NAMES = ['a', 'a-b', 'b', 'é', 'x.md', 'docs', 'crlf.bat', 'id'] as const;
const path = fc
  .array(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 4 })
  .map((names) => names.join('/'));
const leaf: fc.Arbitrary<Leaf> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      mode: fc.constantFrom('100644', '100644', '100755'),
      content: fc.constantFrom('x', 'one\ntwo\n', 'one\r\ntwo\r\n', '$Id$\n'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ mode: fc.constant('120000'), content: fc.constantFrom('x', 'y') }) },
);
const ignoreFile = fc.constantFrom('*.md\n', '/a\n', 'docs/\n!x.md\n', 'b\n', 'é\n', 'a/b\n');
const attributesFile = fc.constantFrom(
  '*.md export-ignore\n',
  'docs export-ignore\n',
  'docs/ export-ignore\n',
  '* text=auto\n*.bat eol=crlf\n',
  'id ident\n',
  'a export-ignore\n!b export-ignore\n',
  '[attr]private export-ignore\nb private\n',
  'x.md merge=ours\n',
);
const directory = fc.oneof(
  fc.constant(''),
  path.map((each) => `${each}/`),
);
const ruleFiles = fc.dictionary(
  fc.tuple(directory, fc.constantFrom('.deployignore', '.gitattributes')).map(([at, name]) => at + name),
  fc.constant(null),
  { maxKeys: 2 },
);

const pair = fc
  .record({
    files: fc.dictionary(path, leaf, { minKeys: 1, maxKeys: 14 }),
    rules: ruleFiles,
    ignore: ignoreFile,
    attributes: attributesFile,
    gone: fc.array(fc.nat(13), { maxLength: 4 }),
    come: fc.dictionary(path, leaf, { maxKeys: 4 }),
    exclude: fc.subarray(['*.md', '/a/b', 'docs', '!x.md', 'b/'], { maxLength: 2 }),
    subdirectory: fc.constantFrom(null, null, null, 'a', 'b/a'),
  })
  .map(({ files, rules, ignore, attributes, gone, come, exclude, subdirectory }) => {
    const ruled = Object.fromEntries(
      Object.keys(rules).map((at): [string, Leaf] => [
        at,
        { mode: '100644', content: at.endsWith('.deployignore') ? ignore : attributes },
      ]),
    );
    const old = tree({ ...files, ...ruled });
    const going = new Set(gone.map((index) => Object.keys(files)[index]));
    const left = Object.entries(old).filter(([at]) => !going.has(at));
    const room = left.filter(([at]) => !Object.keys(come).some((other) => at.startsWith(`${other}/`)));
    return { old, new: tree({ ...Object.fromEntries(room), ...come }), exclude, subdirectory };
  });

/** How often changes were known, of how many comparisons that could be made. */
async function compareMany(repository: GitRepository, runs: number) {
  const count = { known: 0, all: 0 };
  await fc.assert(
    fc.asyncProperty(pair, async (trees) => {
      importTrees(repository, { old: trees.old, new: trees.new });
      const found = await compare(repository.path, 'old', 'new', trees).catch((error: unknown) => {
        // Where the deployed directory is not in one of the commits.
        if ((error as { code?: unknown }).code !== 'E_SOURCE') throw error;
        return null;
      });
      if (found === null) return;
      count.all += 1;
      if (found.changes === null) return;
      count.known += 1;
      await expectReadable(found.after, putIn(found.changes));
      const names = Object.keys({ ...trees.old, ...trees.new }).flatMap((at) =>
        at.split('/').map((_, index, all) => all.slice(0, index + 1).join('/')),
      );
      const manifest = new Map((await found.after.manifest(never)).map(({ path: at, kind }) => [at, kind]));
      const kinds = new Map(
        [...new Set(names)].flatMap((at) => (manifest.has(at) ? [[at, manifest.get(at)]] : [])),
      );
      const fresh = await snapshotAt(repository.path, 'new', trees);
      expect(new Map([...(await fresh.kindsOf([...new Set(names)], never))].sort())).toEqual(
        new Map([...kinds].sort() as [string, string][]),
      );
    }),
    { numRuns: runs },
  );
  return count;
}

const RUNS = Number(process.env.CHANGES_RUNS ?? 40);

describe('changes between any two commits', () => {
  test('make one manifest of the other, and are mostly known', () =>
    withRepository(async (repository) => {
      const { known, all } = await compareMany(repository, RUNS);
      expect(known / all).toBeGreaterThan(0.6);
    }));

  test('in a repository with sha256 too', () =>
    inScratch(async (scratch) => {
      execFileSync('git', ['init', '-q', '--object-format=sha256', join(scratch, 'r')], { env: ENVIRONMENT });
      const { known } = await compareMany(repositoryAt(join(scratch, 'r')), 10);
      expect(known).toBeGreaterThan(0);
    }));
});
