import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TreeChanges } from '../changes.ts';
import { canonicalOrder } from '../order.ts';
import { openSource } from '../source.ts';
import { sha256 } from '../testing/entries.ts';
import { ENVIRONMENT, type GitRepository, repositoryAt, withRepository } from '../testing/gitRepository.ts';
import { drain, inScratch, never } from '../testing/observe.ts';
import type { Manifest, Snapshot } from '../types.ts';

interface Rules {
  readonly subdirectory?: string | null;
  readonly exclude?: readonly string[];
}

function snapshot(path: string, ref: string, { subdirectory = null, exclude = [] }: Rules = {}) {
  const source = openSource({ type: 'git', repository: path, subdirectory, exclude });
  return source.snapshot({ ref, signal: never });
}

/** What the changes make of the old manifest; every one of them must be one. */
function applied(old: Manifest, { put, gone }: TreeChanges): Manifest {
  const tree = new Map(old.map((entry) => [entry.path, entry]));
  for (const { path, kind } of gone) {
    expect(tree.get(path)?.kind, path).toBe(kind);
    tree.delete(path);
  }
  for (const { entry, was } of put) {
    expect(tree.get(entry.path)?.kind ?? null, entry.path).toBe(was);
    expect(tree.get(entry.path)).not.toEqual(entry);
    tree.set(entry.path, entry);
  }
  return canonicalOrder(tree.values());
}

const bytesOf = (tree: Manifest) =>
  tree.reduce((sum, { kind, sizeBytes }) => sum + (kind === 'file' ? sizeBytes : 0), 0);

function expectExact(old: Manifest, wanted: Manifest, changes: TreeChanges): void {
  expect(applied(old, changes)).toEqual(wanted);
  expect(changes.bytesDelta).toBe(bytesOf(wanted) - bytesOf(old));
  const touched = [...changes.put.map(({ entry }) => entry.path), ...changes.gone.map(({ path }) => path)];
  const above = old.filter(
    ({ kind, path }) => kind === 'directory' && touched.some((each) => each.startsWith(`${path}/`)),
  );
  expect(changes.above).toEqual(above.map(({ path }) => path));
  expect(changes.put.map(({ entry }) => entry.path)).toEqual(
    canonicalOrder(changes.put.map(({ entry }) => entry)).map(({ path }) => path),
  );
  expect(changes.gone).toEqual(canonicalOrder(changes.gone));
  const before = new Map(old.map((entry) => [entry.path, entry]));
  for (const { path, hash, sizeBytes } of changes.held) {
    expect(touched).toContain(path);
    expect(before.get(path)).toMatchObject({ kind: 'file', hash, sizeBytes });
  }
}

/** The changes are exactly what the whole manifests say; null when they are not known. */
async function compare(path: string, old: string, wanted: string, rules: Rules = {}) {
  const [before, after] = [await snapshot(path, old, rules), await snapshot(path, wanted, rules)];
  const changes = await after.changesSince(before.state, never);
  if (changes !== null) {
    expectExact(
      await before.manifest(never),
      await (await snapshot(path, wanted, rules)).manifest(never),
      changes,
    );
  }
  return { before, after, changes };
}

async function expectRead(taken: Snapshot, changes: TreeChanges): Promise<void> {
  const entries = changes.put.map(({ entry }) => entry);
  const read = await drain(taken.read(entries, never));
  const files = entries.filter(({ kind }) => kind === 'file');
  expect(read.map(([path, content]) => [path, sha256(content)])).toEqual(
    files.map(({ path, hash }) => [path, hash]),
  );
}

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
      await expectRead(found.after, found.changes);
      const names = Object.keys({ ...trees.old, ...trees.new }).flatMap((at) =>
        at.split('/').map((_, index, all) => all.slice(0, index + 1).join('/')),
      );
      const manifest = new Map((await found.after.manifest(never)).map(({ path: at, kind }) => [at, kind]));
      const kinds = new Map(
        [...new Set(names)].flatMap((at) => (manifest.has(at) ? [[at, manifest.get(at)]] : [])),
      );
      const fresh = await snapshot(repository.path, 'new', trees);
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

describe('what has changed', () => {
  const twice = async (
    repository: GitRepository,
    before: Record<string, Parameters<GitRepository['write']>[0][string]>,
    after: Record<string, Parameters<GitRepository['write']>[0][string]>,
    rules: Rules = {},
  ) => {
    repository.write(before);
    const old = repository.commit();
    repository.git('rm', '-rfq', '.');
    repository.write(after);
    return compare(repository.path, old, repository.commit(), rules);
  };
  const paths = (changes: TreeChanges | null) => ({
    put: changes?.put.map(({ entry, was }) => `${was ?? 'nothing'} > ${entry.kind} ${entry.path}`),
    gone: changes?.gone.map(({ path: at, kind }) => `${kind} ${at}`),
  });

  test('includes directories that come, go, or become something else', () =>
    withRepository(async (repository) => {
      const before = { 'a/b/c': 'x', 'only/x.md': 'x', keep: 'x', 'f/g': 'x', h: 'x', 'u/v/w': 'x' };
      const after = { 'a/b/c': 'x', 'only/x.md': 'x', 'only/y': 'x', keep: { run: 'x' }, f: 'x', 'h/i': 'x' };
      const { changes } = await twice(repository, before, { ...after, 'a/z': 'x' }, { exclude: ['*.md'] });
      expect(paths(changes)).toEqual({
        put: [
          'nothing > file a/z',
          'directory > file f',
          'file > directory h',
          'nothing > file h/i',
          'file > file keep',
          'nothing > directory only',
          'nothing > file only/y',
        ],
        gone: ['file f/g', 'directory u', 'directory u/v', 'file u/v/w'],
      });
      expect(changes?.above).toEqual(['a', 'f', 'u', 'u/v']);
    }));

  test('heeds attributes that mean directories only', () =>
    withRepository(async (repository) => {
      const rules = { '.gitattributes': 'docs/ export-ignore\n' };
      const came = await twice(repository, { ...rules, 'docs/x': 'x' }, { ...rules, docs: 'x' });
      expect(paths(came.changes)).toEqual({ put: ['nothing > file docs'], gone: [] });
      const went = await twice(repository, { ...rules, docs: 'x' }, { ...rules, 'docs/x': 'x' });
      expect(paths(went.changes)).toEqual({ put: [], gone: ['file docs'] });
    }));

  test('counts no file of an ignored directory as what keeps the one above it', () =>
    withRepository(async (repository) => {
      const before = {
        '.gitattributes': '/d/a export-ignore\n/d/b export-ignore\n',
        'd/a/f': 'x',
        'd/b/f': 'x',
        'e/a/f': 'x',
      };
      const { changes } = await twice(repository, before, { ...before, 'd/n': 'x', 'e/n': 'x' });
      expect(paths(changes).put).toEqual([
        'nothing > directory d',
        'nothing > file d/n',
        'nothing > file e/n',
      ]);
    }));

  test('is not a blob that is exported with the same content', () =>
    withRepository(async (repository) => {
      const rules = { '.gitattributes': '*.bat eol=crlf\n' };
      const blob = (text: string) => repository.feed(text, 'hash-object', '-w', '--stdin');
      repository.write(rules);
      repository.commit();
      const commits = ['a\n', 'a\r\n'].map((text) => {
        repository.git('update-index', '--add', '--cacheinfo', `100644,${blob(text)},x.bat`);
        repository.git('commit', '-q', '-m', 'x');
        return repository.git('rev-parse', 'HEAD');
      });
      const { changes } = await compare(repository.path, commits[0]!, commits[1]!);
      expect(paths(changes)).toEqual({ put: [], gone: [] });
    }));

  test('says which content that is gone, or had another mode, comes again', () =>
    withRepository(async (repository) => {
      const rules = { '.gitattributes': '*.bat eol=crlf\n' };
      const before = { ...rules, 'old/a': 'moved\n', run: 'mode\n', 'b.bat': 'converted\n', gone: 'gone\n' };
      const after = {
        ...rules,
        'new/a': 'moved\n',
        run: { run: 'mode\n' },
        b: 'converted\n',
        'c.bat': 'gone\n',
      };
      const { changes } = await twice(repository, before, after);
      expect(changes?.held.map(({ path: at }) => at)).toEqual(['old/a', 'run']);
    }));

  test('is nothing between two commits of the same tree', () =>
    withRepository(async (repository) => {
      const { changes, before, after } = await twice(repository, { a: 'x' }, { a: 'x' });
      expect(changes).toMatchObject({ put: [], gone: [], above: [], bytesDelta: 0 });
      expect(before.state).not.toBe(after.state);
    }));

  test('can be read, and so can what has not changed', () =>
    withRepository(async (repository) => {
      const attributes = '*.bat eol=crlf\n';
      const large = Buffer.alloc(3_000_000, 'abc');
      const before = {
        '.gitattributes': attributes,
        'a.bat': 'a\n',
        'b.bat': 'b\n',
        same: 'same',
        large: 'x',
      };
      const after = { ...before, 'b.bat': 'c\n', large };
      const { changes, after: taken } = await twice(repository, before, after);
      expect(changes?.put.map(({ entry }) => entry.path)).toEqual(['b.bat', 'large']);
      await expectRead(taken, changes!);
      const rest = (await (await snapshot(repository.path, 'main')).manifest(never)).filter(
        ({ path: at }) => at === 'a.bat' || at === 'same',
      );
      const read = await drain(taken.read(rest, never));
      expect(read.map(([at, content]) => [at, String(content)])).toEqual([
        ['a.bat', 'a\r\n'],
        ['same', 'same'],
      ]);
    }));

  test('is found again by another clone, whatever lies in its work tree', () =>
    withRepository(async (repository) =>
      inScratch(async (scratch) => {
        const { before, after } = await twice(
          repository,
          { a: 'x', '.gitattributes': 'a eol=lf\n' },
          { b: 'x' },
        );
        const clone = join(scratch, 'clone');
        repository.git('clone', '-q', repository.path, clone);
        repositoryAt(clone).write({ '.gitattributes': '* export-ignore\n', '.deployignore': '*\n' });
        expect((await snapshot(clone, 'main')).state).toBe(after.state);
        expect((await snapshot(clone, 'main~1')).state).toBe(before.state);
      }),
    ));

  test('is refused as the whole tree is, all of it at once', () =>
    withRepository(async (repository) => {
      repository.write({ a: 'x', 'd/e': 'x' });
      const old = repository.commit();
      repository.write({ 'd/up': { to: '../../up' }, 'bad\u0007': 'x', abs: { to: '/etc/passwd' } });
      repository.write({ 'n/e/w\u0001': 'x', 'd/.deployignore': { to: 'e' }, far: { to: 'x'.repeat(2000) } });
      const taken = await snapshot(repository.path, repository.commit());
      const state = (await snapshot(repository.path, old)).state;
      const whole = await taken.manifest(never).catch((error: unknown) => error as Error);
      const changed = await taken.changesSince(state, never).catch((error: unknown) => error as Error);
      expect(whole).toMatchObject({ code: 'E_REFUSED', message: expect.stringContaining('5 things in it') });
      expect(changed).toMatchObject({ code: 'E_REFUSED', message: (whole as Error).message });
    }));
});

describe('nobody can tell the changes', () => {
  const since = async (
    repository: GitRepository,
    old: string,
    rules: Rules = {},
    oldRules: Rules = rules,
  ) => {
    const before = await snapshot(repository.path, old, oldRules);
    return (await snapshot(repository.path, 'main', rules)).changesSince(before.state, never);
  };

  test.each([
    ['an ignore file', 'd/.deployignore', 'x\n', 'y\n'],
    ['an attributes file', 'd/.gitattributes', 'x text\n', 'y text\n'],
    ['an attributes file above the deployed directory', '.gitattributes', '* -text\n', '* text\n'],
  ])('where %s has changed', (_, file, one, other) =>
    withRepository(async (repository) => {
      repository.write({ [file]: one, 'd/f': 'x' });
      const old = repository.commit();
      repository.write({ [file]: other });
      repository.commit();
      expect(await since(repository, old, { subdirectory: 'd' })).toBe(null);
      repository.git('rm', '-q', file);
      repository.commit();
      expect(await since(repository, old, { subdirectory: 'd' })).toBe(null);
    }),
  );

  test('where the rules are others', () =>
    withRepository(async (repository) => {
      repository.write({ a: 'x', 'd/a': 'x' });
      const old = repository.commit();
      expect(await since(repository, old, {}, { exclude: ['a'] })).toBe(null);
      expect(await since(repository, old, {}, { subdirectory: 'd' })).toBe(null);
      expect(await since(repository, old, { subdirectory: 'd' }, { subdirectory: './d/' })).not.toBe(null);
      const before = await snapshot(repository.path, old);
      repository.write({ '.git/info/attributes': 'a export-ignore\n' });
      const after = await snapshot(repository.path, 'main');
      expect(await after.changesSince(before.state, never)).toBe(null);
      expect(await after.changesSince('sha256:0', never)).toBe(null);
    }));

  test('from a commit that the clone lacks', () =>
    withRepository((repository) =>
      inScratch(async (scratch) => {
        repository.write({ a: 'x' });
        const before = await snapshot(repository.path, repository.commit());
        repository.write({ a: 'y' });
        repository.commit();
        const clone = join(scratch, 'clone');
        repository.git('clone', '-q', '--depth=1', `file://${repository.path}`, clone);
        expect(await (await snapshot(clone, 'main')).changesSince(before.state, never)).toBe(null);
      }),
    ));

  test.each([
    ['the commit changes contents', { '.gitattributes': 'v export-subst\n', v: '$Format:%H$' }],
    ['programs of this machine do', { 'd/.gitattributes': '"a b" -text\tfilter=own\n', 'd/f': 'x' }],
  ])('and the manifest is the name, where %s', (_, files) =>
    withRepository(async (repository) => {
      repository.write(files);
      const old = repository.commit();
      repository.write({ other: 'x' });
      repository.commit();
      const before = await snapshot(repository.path, old);
      expect(before.state).toMatch(/^sha256:/);
      expect(await since(repository, old)).toBe(null);
    }),
  );

  test('but files that are only called so do no harm', () =>
    withRepository(async (repository) => {
      repository.write({ '.gitattributes': 'filter=own text\n# x export-subst\n*.x filter=lfs -filter\n' });
      const old = repository.commit();
      repository.write({ other: 'x' });
      repository.commit();
      expect(await since(repository, old)).toMatchObject({ put: [{ was: null }] });
    }));

  test('of a submodule', () =>
    withRepository(async (repository) => {
      repository.write({ a: 'x', 's/f': 'x' });
      const old = repository.commit();
      repository.git('rm', '-rq', 's');
      repository.git('update-index', '--add', '--cacheinfo', `160000,${old},s`);
      repository.git('commit', '-q', '-m', 'submodule');
      const before = await snapshot(repository.path, old, { exclude: ['/s'] });
      const after = await snapshot(repository.path, 'main', { exclude: ['/s'] });
      expect(await after.changesSince(before.state, never)).toBe(null);
    }));
});
