import { describe, expect, test } from 'vitest';
import { type GitRepository, withRepository } from '../testing/gitRepository.ts';
import { takeSnapshot as snapshot } from '../testing/takeSnapshot.ts';

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
