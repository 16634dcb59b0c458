import { rmSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { file, TORTURE } from '../testing/entries.ts';
import { repositoryAt, withRepository } from '../testing/gitRepository.ts';
import { drain, inScratch, never, paths } from '../testing/observe.ts';
import { expectArchived } from '../testing/reading.ts';
import { takeSnapshot as snapshot } from '../testing/takeSnapshot.ts';

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
        repository.git('rm', '-rfq', '--ignore-unmatch', '.');
        repository.write(Object.fromEntries(names.map((path) => [path, files[path] ?? ''])));
        await expectArchived(repository, repository.commit());
      }),
      { numRuns: 25 },
    ),
  );
});
