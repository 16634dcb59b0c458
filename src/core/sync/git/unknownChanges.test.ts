import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Rules, snapshotAt } from '../testing/comparedCommits.ts';
import { type GitRepository, withRepository } from '../testing/gitRepository.ts';
import { inScratch, never } from '../testing/observe.ts';

describe('nobody can tell the changes', () => {
  const since = async (
    repository: GitRepository,
    old: string,
    rules: Rules = {},
    oldRules: Rules = rules,
  ) => {
    const before = await snapshotAt(repository.path, old, oldRules);
    return (await snapshotAt(repository.path, 'main', rules)).changesSince(before.state, never);
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
      const before = await snapshotAt(repository.path, old);
      repository.write({ '.git/info/attributes': 'a export-ignore\n' });
      const after = await snapshotAt(repository.path, 'main');
      expect(await after.changesSince(before.state, never)).toBe(null);
      expect(await after.changesSince('sha256:0', never)).toBe(null);
    }));

  test('from a commit that the clone lacks', () =>
    withRepository((repository) =>
      inScratch(async (scratch) => {
        repository.write({ a: 'x' });
        const before = await snapshotAt(repository.path, repository.commit());
        repository.write({ a: 'y' });
        repository.commit();
        const clone = join(scratch, 'clone');
        repository.git('clone', '-q', '--depth=1', `file://${repository.path}`, clone);
        expect(await (await snapshotAt(clone, 'main')).changesSince(before.state, never)).toBe(null);
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
      const before = await snapshotAt(repository.path, old);
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
      const before = await snapshotAt(repository.path, old, { exclude: ['/s'] });
      const after = await snapshotAt(repository.path, 'main', { exclude: ['/s'] });
      expect(await after.changesSince(before.state, never)).toBe(null);
    }));
});
