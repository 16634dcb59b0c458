import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { file } from '../testing/entries.ts';
import { withRepository } from '../testing/gitRepository.ts';
import { paths } from '../testing/observe.ts';
import { expectArchived } from '../testing/reading.ts';
import { takeSnapshot as snapshot } from '../testing/takeSnapshot.ts';

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
