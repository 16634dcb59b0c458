import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { openSource } from '../source.ts';
import { file, sha256, TORTURE } from '../testing/entries.ts';
import { type GitRepository, repositoryAt, withRepository } from '../testing/gitRepository.ts';
import { drain, inScratch, joined, never, paths } from '../testing/observe.ts';
import { takeSnapshot as snapshot, type Taken } from '../testing/takeSnapshot.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

/** The manifest is what git archive gives, and reading it gives these contents. */
async function expectArchived(repository: GitRepository, commit: string): Promise<Taken> {
  const taken = await snapshot(repository, { ref: commit });
  expect(taken.manifest).toEqual(await repository.archived(commit));
  const files = taken.manifest.filter((entry) => entry.kind === 'file');
  const read = await drain(taken.read(taken.manifest, never));
  expect(read.map(([path, content]) => [path, sha256(content)])).toEqual(
    files.map((entry) => [entry.path, entry.hash]),
  );
  return taken;
}

describe('the tree of a commit', () => {
  test('is that of git archive: contents, executable bits, links, strange names', () =>
    withRepository(async (repository) => {
      repository.write({
        empty: '',
        'bin/run': { run: '#!/bin/sh\n' },
        'a/b/c/deep': 'x',
        'a/link': { to: '../empty' },
        'a-b': 'x',
        'to-directory': { to: 'a/b/' },
        dangling: { to: 'not here' },
        large: Buffer.alloc(700_000, 'abc'),
      });
      for (const name of TORTURE) repository.write({ [`names/${name}`]: `content of ${name}` });
      await expectArchived(repository, repository.commit());
    }));

  test('is that of the commit, whatever the index and the work tree hold', () =>
    withRepository(async (repository) => {
      repository.write({ kept: 'committed', '.gitignore': 'ignored\n' });
      const commit = repository.commit();
      repository.write({ kept: 'dirty', staged: 'x', untracked: 'x', ignored: 'x' });
      repository.git('add', 'staged');
      const taken = await expectArchived(repository, commit);
      expect(taken.manifest).toContainEqual(file('kept', 'committed'));
    }));

  test('is read from a bare repository and from a linked work tree too', () =>
    withRepository((repository) =>
      inScratch(async (scratch) => {
        repository.write({ f: 'x', 'docs/no': 'x', '.gitattributes': 'docs export-ignore\n' });
        repository.commit();
        repository.git('clone', '-q', '--bare', '.', join(scratch, 'bare'));
        repository.git('worktree', 'add', '-q', '-b', 'side', join(scratch, 'linked'));
        for (const path of [join(scratch, 'bare'), join(scratch, 'linked'), join(repository.path, 'docs')]) {
          expect(paths((await snapshot({ path })).manifest)).toEqual(['.gitattributes', 'f']);
        }
      }),
    ));

  test('may be a part of the commit', () =>
    withRepository(async (repository) => {
      repository.write({
        outside: 'x',
        'app/web/index': 'x',
        'app/web/docs/no': 'x',
        'app/web/v': '$Format:%H$',
        'app/.gitattributes': 'docs export-ignore\nv export-subst\n',
      });
      const commit = repository.commit();
      for (const subdirectory of ['app/web', './app/web/', 'app//web']) {
        const taken = await snapshot(repository, { subdirectory });
        expect(taken.manifest).toEqual([file('index', 'x'), file('v', commit)]);
        expect(await drain(taken.read(taken.manifest, never))).toEqual([
          ['index', Buffer.from('x')],
          ['v', Buffer.from(commit)],
        ]);
      }
      for (const subdirectory of ['nope', 'outside', '../app']) {
        await expect(snapshot(repository, { subdirectory })).rejects.toMatchObject({
          code: 'E_SOURCE',
          message: expect.stringContaining(`has no directory ${subdirectory}`),
        });
      }
    }));

  test('has no directory in which everything is left out', () =>
    withRepository(async (repository) => {
      repository.write({ f: 'x', 'd/e/secret': 'x' });
      repository.commit();
      expect(paths((await snapshot(repository, { exclude: ['secret'] })).manifest)).toEqual(['f']);
    }));
});

describe('attributes', () => {
  test('export-ignore hides files, directories and all below them, as in git archive', () =>
    withRepository(async (repository) => {
      repository.write({
        '.gitattributes': [
          '/docs export-ignore',
          'tests/ export-ignore',
          '*.md export-ignore',
          'KEEP.md -export-ignore',
          '[attr]private export-ignore',
          'hidden private',
          '"with space/x" export-ignore',
        ].join('\n'),
        'docs/a/b': 'x',
        'src/docs/a': 'x',
        'src/tests/a': 'x',
        'README.md': 'x',
        'src/KEEP.md': 'x',
        'only/x.md': 'x',
        hidden: 'x',
        'with space/x': 'x',
        'with space/y': 'x',
        'lib/.gitattributes': '* export-ignore\nuse -export-ignore\n',
        'lib/use': 'x',
        'lib/other': 'x',
      });
      const taken = await expectArchived(repository, repository.commit());
      expect(paths(taken.manifest)).toEqual([
        '.gitattributes',
        'lib',
        'lib/use',
        'only',
        'src',
        'src/KEEP.md',
        'src/docs',
        'src/docs/a',
        'with space',
        'with space/y',
      ]);
    }));

  test('files that git archive converts are taken from it', () =>
    withRepository(async (repository) => {
      const long = `long/${'p'.repeat(90)}/${'q'.repeat(120)}.bat`;
      repository.write({
        '.gitattributes':
          '*.subst export-subst\n[!]a.subst -export-subst\n*.bat text eol=crlf\n*.id ident\n*.sh text eol=lf\n',
        'a.bat': 'one\ntwo\n',
        'b plain': 'one\n',
        'c.subst': 'commit $Format:%H$ by $Format:%an$\n',
        'd.id': '$Id$\n',
        'e.sh': { run: 'one\n' },
        [long]: 'one\n',
        'z/*.subst': '$Format:%s$',
        'z/!a.subst': '$Format:%s$',
        ':(top).subst': '$Format:%s$',
      });
      const commit = repository.commit('the subject');
      const taken = await expectArchived(repository, commit);
      expect(taken.manifest).toContainEqual(file('c.subst', `commit ${commit} by Ada Lovelace\n`));
      expect(taken.manifest).toContainEqual(file(long, 'one\r\n'));
      expect(taken.manifest).toContainEqual(file('z/*.subst', 'the subject'));
    }));

  test('files are read in any order, converted or not', () =>
    withRepository(async (repository) => {
      repository.write({
        '.gitattributes': '*.bat eol=crlf\n',
        'a.bat': 'a\n',
        'b.bat': 'b\n',
        c: 'c\n',
        'd.bat': 'd\n',
      });
      repository.commit();
      const taken = await snapshot(repository);
      const backwards = [...taken.manifest].reverse();
      expect(
        (await drain(taken.read(backwards, never))).map(([path, content]) => [path, String(content)]),
      ).toEqual([
        ['d.bat', 'd\r\n'],
        ['c', 'c\n'],
        ['b.bat', 'b\r\n'],
        ['a.bat', 'a\r\n'],
        ['.gitattributes', '*.bat eol=crlf\n'],
      ]);
    }));

  test('of the repository itself count, the line ends that this machine prefers do not', () =>
    withRepository(async (repository) => {
      repository.write({ f: 'one\n', no: 'x', v: '$Format:%H$\n', '.gitattributes': 'f text\n' });
      const commit = repository.commit();
      writeFileSync(join(repository.path, '.git/info/attributes'), 'no export-ignore\nv export-subst\n');
      repository.git('config', 'core.autocrlf', 'true');
      expect((await snapshot(repository)).manifest).toEqual([
        file('.gitattributes', 'f text\n'),
        file('f', 'one\n'),
        file('v', `${commit}\n`),
      ]);
    }));
});

describe('a ref', () => {
  const about = async (repository: GitRepository, ref?: string) => {
    const { revision, branch, message, author } = await snapshot(
      repository,
      ref === undefined ? {} : { ref },
    );
    return { revision, branch, message, author };
  };

  test('is a branch, a tag, a commit or something else that git understands', () =>
    withRepository(async (repository) => {
      const author = 'Ada Lovelace <ada@example.com>';
      const one = repository.commit('one: é\nsecond line\n\nbody');
      repository.git('tag', '-a', '-m', 'annotated', 'v1');
      repository.git('branch', 'feature/a');
      const two = repository.commit('two');
      const first = { revision: one, message: 'one: é', author };
      const second = { revision: two, message: 'two', author };
      expect(await about(repository)).toEqual({ ...second, branch: 'main' });
      expect(await about(repository, 'HEAD')).toEqual({ ...second, branch: 'main' });
      expect(await about(repository, 'main')).toEqual({ ...second, branch: 'main' });
      expect(await about(repository, 'refs/heads/main')).toEqual({ ...second, branch: 'main' });
      expect(await about(repository, 'feature/a')).toEqual({ ...first, branch: 'feature/a' });
      expect(await about(repository, 'v1')).toEqual({ ...first, branch: null });
      expect(await about(repository, one)).toEqual({ ...first, branch: null });
      expect(await about(repository, one.slice(0, 10))).toEqual({ ...first, branch: null });
      expect(await about(repository, 'main~1')).toEqual({ ...first, branch: null });
      repository.git('checkout', '-q', '--detach');
      expect(await about(repository)).toEqual({ ...second, branch: null });
    }));

  test('is never taken for an option', () =>
    withRepository(async (repository) => {
      const commit = repository.commit();
      repository.git('update-ref', 'refs/heads/-x', commit);
      expect(await about(repository, '-x')).toMatchObject({ revision: commit, branch: '-x' });
      for (const ref of [
        '--all',
        '--git-dir',
        '-h',
        '',
        ' ',
        'a\nb',
        'a\0b',
        '^main',
        'main..main',
        '$(id)',
        'main:',
      ]) {
        await expect(about(repository, ref)).rejects.toMatchObject({
          code: 'E_SOURCE',
          message: expect.stringContaining('has no branch, tag or commit'),
        });
      }
    }));

  test('that nobody knows is named, with the repository and what was probably meant', () =>
    withRepository(async (repository) => {
      const commit = repository.commit();
      repository.git('branch', 'feature/login');
      repository.git('update-ref', 'refs/remotes/origin/staging', commit);
      await expect(about(repository, 'feature/logni')).rejects.toMatchObject({
        code: 'E_SOURCE',
        message: `The repository ${repository.path} has no branch, tag or commit feature/logni.`,
        hint: 'Did you mean feature/login?',
      });
      await expect(about(repository, 'staging')).rejects.toMatchObject({
        hint: 'Did you mean origin/staging?',
      });
      await expect(about(repository, 'x\u001b[2J')).rejects.toMatchObject({
        message: expect.stringContaining('x\\x1b[2J'),
        hint: 'It has feature/login, main, origin/staging.',
      });
    }));

  test('that is a branch and a tag of different commits is refused', () =>
    withRepository(async (repository) => {
      repository.commit('one');
      repository.git('tag', 'both');
      repository.git('tag', 'same');
      repository.git('branch', 'same');
      const two = repository.commit('two');
      repository.git('branch', 'both');
      await expect(about(repository, 'both')).rejects.toMatchObject({
        code: 'E_SOURCE',
        message: expect.stringContaining('both is a branch and a tag'),
        hint: 'Use heads/both or tags/both.',
      });
      expect(await about(repository, 'heads/both')).toMatchObject({ revision: two, branch: 'both' });
      expect(await about(repository, 'tags/both')).toMatchObject({ message: 'one', branch: null });
      expect(await about(repository, 'same')).toMatchObject({ branch: 'same' });
    }));
});

test('a shallow clone is deployed whole', () =>
  withRepository((repository) =>
    inScratch(async (scratch) => {
      repository.write({ gone: 'x' });
      repository.commit('old');
      rmSync(join(repository.path, 'gone'));
      repository.write({ 'd/f': 'x', v: '$Format:%H$\n', '.gitattributes': 'v export-subst\n' });
      const commit = repository.commit('new');
      const path = join(scratch, 'clone');
      repository.git('clone', '-q', '--depth=1', `file://${repository.path}`, path);
      const clone = repositoryAt(path);
      expect(clone.git('rev-list', '--count', '--all')).toBe('1');
      const { manifest } = await expectArchived(clone, commit);
      expect(manifest).toContainEqual(file('v', `${commit}\n`));
      expect(await snapshot(clone)).toMatchObject({
        revision: commit,
        branch: 'main',
        message: 'new',
        manifest,
      });
    }),
  ));

describe('a repository that cannot be read', () => {
  test.each([
    ['is not there', (path: string) => join(path, 'nope'), 'is not a directory'],
    ['is no repository', (path: string) => path, 'is not a git repository'],
  ])('because it %s', async (_, place, message) => {
    await inScratch((scratch) =>
      expect(snapshot({ path: place(scratch) })).rejects.toMatchObject({
        code: 'E_SOURCE',
        message: expect.stringContaining(`${place(scratch)} ${message}`),
        hint: expect.stringContaining('source'),
      }),
    );
  });

  test('because nothing was ever committed', () =>
    withRepository(async (repository) => {
      const empty = { code: 'E_SOURCE', hint: 'Commit something first.' };
      await expect(snapshot(repository)).rejects.toMatchObject({
        ...empty,
        message: `The repository ${repository.path} has no commit at HEAD.`,
      });
      await expect(snapshot(repository, { ref: 'main' })).rejects.toMatchObject(empty);
    }));

  test('because git is missing', () =>
    withRepository(async (repository) => {
      vi.stubEnv('PATH', '/nonexistent');
      await expect(snapshot(repository)).rejects.toMatchObject({
        code: 'E_SOURCE',
        message: expect.stringContaining('git was not found'),
        hint: 'Install git, or put it on the PATH.',
      });
    }));

  test('because the clone is shallow', () =>
    withRepository((repository) =>
      inScratch(async (scratch) => {
        const old = repository.commit('old');
        repository.commit('new');
        const path = join(scratch, 'clone');
        repository.git('clone', '-q', '--depth=1', `file://${repository.path}`, path);
        await expect(snapshot({ path }, { ref: old })).rejects.toMatchObject({
          code: 'E_SOURCE',
          hint: expect.stringContaining('git fetch --unshallow'),
        });
        expect(await snapshot({ path })).toMatchObject({ message: 'new' });
      }),
    ));

  test('because an object is missing', () =>
    withRepository(async (repository) => {
      // So large that it is not kept in memory.
      repository.write({ f: randomBytes(1_500_000) });
      repository.commit();
      const object = repository.git('rev-parse', 'HEAD:f');
      const taken = await snapshot(repository);
      rmSync(join(repository.path, '.git/objects', object.slice(0, 2), object.slice(2)), { force: true });
      await expect(drain(taken.read(taken.manifest, never))).rejects.toMatchObject({
        code: 'E_SOURCE',
        message: expect.stringContaining(object),
      });
      await expect(snapshot(repository)).rejects.toMatchObject({ code: 'E_SOURCE' });
    }));
});

describe('the surroundings', () => {
  test('variables that lead git elsewhere are not heeded', () =>
    withRepository((repository) =>
      withRepository(async (other) => {
        repository.write({ right: 'x', '.gitattributes': 'no export-ignore\n', no: 'x' });
        repository.commit();
        other.write({ wrong: 'x' });
        other.commit();
        vi.stubEnv('GIT_DIR', join(other.path, '.git'));
        vi.stubEnv('GIT_WORK_TREE', other.path);
        vi.stubEnv('GIT_INDEX_FILE', join(other.path, '.git/index'));
        vi.stubEnv('GIT_OBJECT_DIRECTORY', join(other.path, '.git/objects'));
        vi.stubEnv('GIT_NAMESPACE', 'elsewhere');
        expect(paths((await snapshot(repository)).manifest)).toEqual(['.gitattributes', 'right']);
      }),
    ));

  test('nothing is written into the repository, and no hook runs', () =>
    withRepository(async (repository) => {
      repository.git('config', 'core.splitIndex', 'true');
      repository.git('config', 'splitIndex.maxPercentChange', '0');
      repository.write({ '.gitattributes': 'no export-ignore\n', no: 'x', f: 'x' });
      repository.commit();
      const hook = { run: `#!/bin/sh\ntouch '${repository.path}/hooked'\n` };
      repository.write({ '.git/hooks/post-index-change': hook });
      const state = () =>
        readdirSync(repository.path, { recursive: true })
          .map(String)
          .sort()
          .map((path) => [path, statSync(join(repository.path, path)).mtimeMs]);
      const before = state();
      await snapshot(repository);
      expect(state()).toEqual(before);
    }));
});

describe('what is refused', () => {
  const POINTER = `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 12\n`;
  const treeOf = (repository: GitRepository, entries: readonly (string | Buffer)[]) => {
    const lines = entries.flatMap((entry) => [Buffer.from(entry), Buffer.from('\0')]);
    return repository.feed(Buffer.concat(lines), 'mktree', '-z', '--missing');
  };
  const commitOf = (repository: GitRepository, tree: string) =>
    repository.git('commit-tree', '-m', 'odd', tree);

  test('is listed, all of it at once', () =>
    withRepository(async (repository) => {
      const blob = repository.feed('x', 'hash-object', '-w', '--stdin');
      const pointer = repository.feed(POINTER, 'hash-object', '-w', '--stdin');
      const target = (text: string | Buffer) => repository.feed(text, 'hash-object', '-w', '--stdin');
      const inner = treeOf(repository, [
        `100644 blob ${blob}\tbelow`,
        `120000 blob ${target('../../up')}\tup`,
      ]);
      const commit = commitOf(
        repository,
        treeOf(repository, [
          `100644 blob ${blob}\tline\nend`,
          Buffer.concat([Buffer.from(`100644 blob ${blob}\tbad`), Buffer.from([0xff])]),
          `100644 blob ${pointer}\tbig.bin`,
          `120000 blob ${target('/etc/passwd')}\tpasswd`,
          `120000 blob ${target(Buffer.from([0xfe]))}\tunreadable`,
          `120000 blob ${target('')}\tnowhere`,
          `120000 blob ${target('x'.repeat(5000))}\tfar`,
          `160000 commit ${'1'.repeat(40)}\tlibrary`,
          `120000 blob ${blob}\t.deployignore`,
          `040000 tree ${inner}\td`,
          `040000 tree ${inner}\tbad\u0007d`,
          `040000 tree ${inner}\t..`,
          `100644 blob ${blob}\tfine`,
        ]),
      );
      const failure = await snapshot(repository, { ref: commit }).catch((error: unknown) => error);
      expect(failure).toMatchObject({ code: 'E_REFUSED', hint: expect.stringContaining('`exclude`') });
      const [first, ...lines] = (failure as Error).message.split('\n');
      expect(first).toBe(
        `${repository.path} at ${commit.slice(0, 12)} cannot be deployed because of 12 things in it:`,
      );
      expect(lines.sort()).toEqual(
        [
          '  .. is not a file name',
          '  .deployignore is not a regular file, so what it excludes is unknown',
          '  bad\\x07d holds control characters',
          '  bad\\xff is not valid UTF-8',
          '  big.bin is a pointer of Git LFS, but has no attribute filter=lfs that would bring its content',
          '  d/up is a link that leaves the tree, to ../../up',
          '  far is a link with too long a target',
          '  library is a submodule that .gitmodules does not name',
          '  line\\x0aend holds control characters',
          '  nowhere is a link without a target',
          '  passwd is a link to an absolute path, /etc/passwd',
          '  unreadable is a link whose target is not valid UTF-8',
        ].sort(),
      );
    }));

  test('is not even looked at when it is excluded', () =>
    withRepository(async (repository) => {
      const blob = repository.feed('x', 'hash-object', '-w', '--stdin');
      const pointer = repository.feed(POINTER, 'hash-object', '-w', '--stdin');
      const commit = commitOf(
        repository,
        treeOf(repository, [
          `100644 blob ${blob}\tline\nend`,
          Buffer.concat([Buffer.from(`100644 blob ${blob}\tbad`), Buffer.from([0xff])]),
          `100644 blob ${pointer}\tbig.bin`,
          `160000 commit ${'1'.repeat(40)}\tlibrary`,
          `100644 blob ${blob}\tfine`,
        ]),
      );
      const taken = await snapshot(repository, {
        ref: commit,
        exclude: ['/library', '*.bin', 'line?end', 'bad*'],
      });
      expect(paths(taken.manifest)).toEqual(['fine']);
    }));

  test('is a tree that no file system can hold', () =>
    withRepository(async (repository) => {
      const blob = repository.feed('x', 'hash-object', '-w', '--stdin');
      const raw = (mode: string, name: string) =>
        Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.from(blob, 'hex')]);
      const content = Buffer.concat([raw('100644', 'a'), raw('100644', 'a'), raw('100644', 'b/c')]);
      const tree = repository.feed(content, 'hash-object', '-w', '-t', 'tree', '--literally', '--stdin');
      await expect(snapshot(repository, { ref: commitOf(repository, tree) })).rejects.toMatchObject({
        code: 'E_REFUSED',
        message: expect.stringMatching(
          /a stands in its tree more than once[\s\S]*b\/c is not in a directory/,
        ),
      });
    }));
});

describe('what is excluded', () => {
  test('is what the ignore files of the commit say, not those of the work tree', () =>
    withRepository(async (repository) => {
      repository.write({
        '.deployignore': '*.log\n/build\nsub/secret\n!keep.log\n',
        'sub/.deployignore': '/local\n!b.log\n',
        'a.log': 'x',
        'keep.log': 'x',
        'build/x': 'x',
        'sub/build': 'x',
        'sub/secret/x': 'x',
        'sub/local': 'x',
        'sub/b.log': 'x',
        app: 'x',
      });
      repository.commit();
      repository.write({ '.deployignore': 'app\n', 'sub/.deployignore': 'build\n' });
      expect(paths((await snapshot(repository)).manifest)).toEqual([
        'app',
        'keep.log',
        'sub',
        'sub/b.log',
        'sub/build',
      ]);
      expect(
        paths((await snapshot(repository, { subdirectory: 'sub', exclude: ['build'] })).manifest),
      ).toEqual(['b.log', 'secret', 'secret/x']);
    }));
});

describe('reading', () => {
  test('goes on after a file that was not read to its end', () =>
    withRepository(async (repository) => {
      repository.write({ a: Buffer.alloc(900_000, 'a\n'), b: Buffer.alloc(300_000, 'b\n'), c: 'c' });
      repository.commit();
      const taken = await snapshot(repository);
      const contents: string[] = [];
      for await (const { entry, chunks } of taken.read(taken.manifest, never)) {
        if (entry.path === 'a') {
          for await (const chunk of chunks) {
            contents.push(String.fromCharCode(chunk[0] ?? 0));
            break;
          }
        } else if (entry.path === 'c') contents.push(String(await joined(chunks)));
      }
      expect(contents).toEqual(['a', 'c']);
    }));

  test('ends with the reason of the signal', () =>
    withRepository(async (repository) => {
      repository.write({ a: Buffer.alloc(2_000_000, 'a') });
      repository.commit();
      const taken = await snapshot(repository);
      const abort = new AbortController();
      const reason = new Error('enough');
      const reading = (async () => {
        for await (const { chunks } of taken.read(taken.manifest, abort.signal)) {
          for await (const _ of chunks) abort.abort(reason);
        }
      })();
      await expect(reading).rejects.toBe(reason);
      const source = openSource({
        type: 'git',
        repository: repository.path,
        subdirectory: null,
        exclude: [],
      });
      await expect(source.snapshot({ ref: null, signal: abort.signal })).rejects.toBe(reason);
    }));

  test('content that is not what the manifest says is never whole', () =>
    withRepository(async (repository) => {
      repository.write({
        a: Buffer.alloc(200_000, 'a'),
        v: '$Format:%D$',
        '.gitattributes': 'v export-subst\n',
      });
      repository.commit();
      const taken = await snapshot(repository);
      repository.git('tag', 'new');
      await expect(drain(taken.read(taken.manifest, never))).rejects.toMatchObject({
        code: 'E_SOURCE',
        message: 'v changed while it was being read.',
      });
    }));
});

test('any tree of a commit is that of git archive', async () => {
  const name = fc.constantFrom('a', 'a-b', 'b', 'é', '-c', 'd e', '.gitattributes', 'x.md');
  const content = fc.constantFrom(
    '',
    'x\n',
    '*.md export-ignore\n',
    'a export-ignore\n',
    'b/ export-ignore\n',
    'd* eol=crlf\n',
  );
  const tree = fc.dictionary(
    fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join('/')),
    content,
    { maxKeys: 8 },
  );
  await withRepository((repository) =>
    fc.assert(
      fc.asyncProperty(tree, async (files) => {
        const names = Object.keys(files).filter(
          (path) => !Object.keys(files).some((other) => path.startsWith(`${other}/`)),
        );
        execFileSync('git', ['rm', '-rfq', '--ignore-unmatch', '.'], { cwd: repository.path });
        repository.write(Object.fromEntries(names.map((path) => [path, files[path] ?? ''])));
        await expectArchived(repository, repository.commit());
      }),
      { numRuns: 25 },
    ),
  );
});
