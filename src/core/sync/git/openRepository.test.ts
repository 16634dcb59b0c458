import { randomBytes } from 'node:crypto';
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { withRepository } from '../testing/gitRepository.ts';
import { drain, inScratch, never, paths } from '../testing/observe.ts';
import { takeSnapshot as snapshot } from '../testing/takeSnapshot.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

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
