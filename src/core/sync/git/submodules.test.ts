import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { directory, file, link, manifest } from '../testing/entries.ts';
import { type GitRepository, repositoryAt, withRepository } from '../testing/gitRepository.ts';
import { drain, never, paths } from '../testing/observe.ts';
import { expectReadable } from '../testing/reading.ts';
import { ALLOW, add, clone, withProject } from '../testing/submoduleProject.ts';
import { takeSnapshot } from '../testing/takeSnapshot.ts';
import type { Manifest } from '../types.ts';

async function mounted(at: string, repository: GitRepository, commit = 'HEAD'): Promise<Manifest> {
  return (await repository.archived(commit)).map((entry) => ({ ...entry, path: `${at}/${entry.path}` }));
}

describe('the files of a submodule', () => {
  test('are at its path, as git archive exports both repositories', () =>
    withProject(async ({ site, library }) => {
      library.write({
        'bin/run': { run: '#!/bin/sh\n' },
        'bin/out': { to: '../../../index' },
        version: '$Format:%H$\n',
        'tests/t': 'x',
        'a.bat': 'one\n',
        '.gitattributes': 'version export-subst\n/tests export-ignore\n*.bat eol=crlf\n',
      });
      const commit = library.commit();
      site.write({
        'version.txt': '$Format:%H$\n',
        '.gitattributes': '*.txt export-subst\ncode export-ignore\n',
      });
      const top = add(site, library);
      const taken = await takeSnapshot(site);
      const both = [...(await site.archived('HEAD')), ...(await mounted('vendor/library', library))];
      expect(taken.manifest).toEqual(manifest(...both));
      expect(taken.revision).toBe(top);
      for (const expected of [
        directory('vendor/library'),
        file('vendor/library/bin/run', '#!/bin/sh\n', 0o755),
        link('vendor/library/bin/out', '../../../index'),
        file('vendor/library/version', `${commit}\n`),
        file('vendor/library/a.bat', 'one\r\n'),
        file('vendor/library/code', 'library'),
        file('version.txt', `${top}\n`),
      ]) {
        expect(taken.manifest).toContainEqual(expected);
      }
      expect(paths(taken.manifest)).toContain('.gitmodules');
      expect(paths(taken.manifest)).not.toContain('vendor/library/tests');
      await expectReadable(taken, taken.manifest);
    }));

  test('are read in any order, from the repository that has them', () =>
    withProject(async ({ site, library }) => {
      library.write({ 'a.bat': 'library\n', 'b.bat': 'library\n', '.gitattributes': '*.bat eol=crlf\n' });
      library.commit();
      site.write({ 'a.bat': 'site\n', z: 'z', '.gitattributes': '*.bat eol=crlf\n' });
      add(site, library);
      const { manifest: all, read } = await takeSnapshot(site);
      const backwards = [...all].reverse().filter(({ path }) => !path.includes('.git'));
      expect((await drain(read(backwards, never))).map(([path, text]) => [path, String(text)])).toEqual([
        ['z', 'z'],
        ['vendor/library/code', 'library'],
        ['vendor/library/b.bat', 'library\r\n'],
        ['vendor/library/a.bat', 'library\r\n'],
        ['index', 'site'],
        ['a.bat', 'site\r\n'],
      ]);
    }));

  test('are those of the commit that is recorded, whatever is checked out', () =>
    withProject(async ({ site, library }) => {
      const old = add(site, library);
      library.write({ code: 'newer' });
      library.commit();
      const work = repositoryAt(join(site.path, 'vendor/library'));
      work.git(...ALLOW, 'pull', '-q');
      work.write({ code: 'dirty', untracked: 'x' });
      expect((await takeSnapshot(site)).manifest).toContainEqual(file('vendor/library/code', 'library'));
      work.git('checkout', '-q', '.');
      site.commit();
      rmSync(work.path, { recursive: true });
      expect((await takeSnapshot(site)).manifest).toContainEqual(file('vendor/library/code', 'newer'));
      expect((await takeSnapshot(site, { ref: old })).manifest).toContainEqual(
        file('vendor/library/code', 'library'),
      );
    }));

  test('are found where the submodule moved, and in submodules of submodules', () =>
    withProject(async ({ site, library }) =>
      withRepository(async (inner) => {
        inner.write({ deep: 'inner' });
        inner.commit();
        add(library, inner, 'lib/inner');
        add(site, library);
        site.git(...ALLOW, 'submodule', 'update', '-q', '--init', '--recursive');
        site.git('mv', 'vendor/library', 'moved');
        site.commit();
        const taken = await takeSnapshot(site);
        expect(taken.manifest).toEqual(
          manifest(
            ...(await site.archived('HEAD')),
            ...(await mounted('moved', library)),
            ...(await mounted('moved/lib/inner', inner)),
          ),
        );
        expect(taken.manifest).toContainEqual(file('moved/lib/inner/deep', 'inner'));
        await expectReadable(taken, taken.manifest);
      }),
    ));

  test('are deployed from a shallow clone of both', () =>
    withProject(async ({ site, library, scratch }) => {
      library.write({ more: 'x' });
      library.commit();
      add(site, library);
      const shallow = clone(
        site,
        join(scratch, 'clone'),
        '--depth=1',
        '--recurse-submodules',
        '--shallow-submodules',
      );
      expect(repositoryAt(join(shallow.path, 'vendor/library')).git('rev-list', '--count', 'HEAD')).toBe('1');
      const taken = await takeSnapshot(shallow);
      expect(taken.manifest).toEqual((await takeSnapshot(site)).manifest);
      expect(taken.manifest).toContainEqual(file('vendor/library/more', 'x'));
    }));
});

describe('a directory of the commit', () => {
  test('may have submodules in it, and be in one', () =>
    withProject(async ({ site, library }) => {
      library.write({ 'public/page': 'x', 'public/v': '$Format:%H$', '.gitattributes': 'v export-subst\n' });
      const commit = library.commit();
      add(site, library);
      const code = file('library/code', 'library');
      expect((await takeSnapshot(site, { subdirectory: 'vendor' })).manifest).toContainEqual(code);
      for (const subdirectory of ['vendor/library/public', './vendor//library/public/']) {
        const taken = await takeSnapshot(site, { subdirectory });
        expect(taken.manifest).toEqual([file('page', 'x'), file('v', commit)]);
        await expectReadable(taken, taken.manifest);
      }
      const whole = await takeSnapshot(site, { subdirectory: 'vendor/library' });
      expect(whole.manifest).toEqual(await library.archived('HEAD'));
      await expect(takeSnapshot(site, { subdirectory: 'vendor/library/nope' })).rejects.toMatchObject({
        code: 'E_SOURCE',
        message: expect.stringContaining('has no directory nope'),
      });
      rmSync(join(site.path, '.git/modules'), { recursive: true });
      await expect(takeSnapshot(site, { subdirectory: 'vendor/library/public' })).rejects.toMatchObject({
        code: 'E_REFUSED',
        message: expect.stringContaining('vendor/library is a submodule'),
      });
    }));
});

describe('what is excluded', () => {
  test('is excluded in submodules too, and as their own ignore files say', () =>
    withProject(async ({ site, library }) => {
      library.write({
        '.deployignore': '/docs\n!keep.log\n',
        'docs/x': 'x',
        'src/docs': 'x',
        'a.log': 'x',
        'keep.log': 'x',
        'a.map': 'x',
      });
      library.commit();
      site.write({ '.deployignore': '*.log\n', 'docs/x': 'x' });
      add(site, library);
      expect(paths((await takeSnapshot(site, { exclude: ['*.map', '.git*'] })).manifest)).toEqual([
        'docs',
        'docs/x',
        'index',
        'vendor',
        'vendor/library',
        'vendor/library/code',
        'vendor/library/keep.log',
        'vendor/library/src',
        'vendor/library/src/docs',
      ]);
    }));

  test.each<[string, string[], Record<string, string>]>([
    ['the configuration', ['/vendor/library/'], {}],
    ['the configuration, with what is around it', ['vendor'], {}],
    ['an ignore file', [], { '.deployignore': 'library\n' }],
    ['an attribute', [], { '.gitattributes': 'vendor/library/ export-ignore\n' }],
  ])('by %s need not be there', (_, exclude, files) =>
    withProject(async ({ site, library, scratch }) => {
      site.write(files);
      site.write({ 'vendor/own': 'x' });
      add(site, library);
      const found = paths((await takeSnapshot(clone(site, join(scratch, 'clone')), { exclude })).manifest);
      expect(found).toContain('index');
      expect(found.filter((path) => path.startsWith('vendor/library'))).toEqual([]);
      expect(found.includes('vendor/own')).toBe(!exclude.includes('vendor'));
    }),
  );

  test('leaves no empty directory of a submodule, nor around it', () =>
    withProject(async ({ site, library }) => {
      add(site, library);
      const exclude = ['vendor/library/*', '.git*'];
      expect(paths((await takeSnapshot(site, { exclude })).manifest)).toEqual(['index']);
    }));
});
