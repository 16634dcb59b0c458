import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { file } from '../testing/entries.ts';
import { ENVIRONMENT, repositoryAt, withRepository } from '../testing/gitRepository.ts';
import { expectReadable } from '../testing/reading.ts';
import { ALLOW, add, clone, withProject } from '../testing/submoduleProject.ts';
import { takeSnapshot } from '../testing/takeSnapshot.ts';

describe('a submodule that was not fetched', () => {
  test('is refused by name, with everything else, and fetched by what the hint says', () =>
    withProject(async ({ site, library, scratch }) => {
      add(site, library);
      add(site, library, 'other');
      const whole = await takeSnapshot(site);
      const path = join(scratch, "the user's clone");
      const fresh = clone(site, path);
      const update = `git -C '${scratch}/the user'\\''s clone' submodule update --init --recursive`;
      const refused = await takeSnapshot(fresh).catch((error: unknown) => error);
      expect(refused).toMatchObject({
        code: 'E_REFUSED',
        hint: `Type ${update}. Or leave them out with \`exclude\` or a .deployignore file.`,
      });
      expect((refused as Error).message.split('\n').slice(1)).toEqual([
        '  other is a submodule that was not fetched',
        '  vendor/library is a submodule that was not fetched',
      ]);
      fresh.write({ up: { to: '/etc' } });
      fresh.commit();
      await expect(takeSnapshot(fresh)).rejects.toMatchObject({
        message: expect.stringMatching(/3 things in it:\n[\s\S]*\n {2}up is a link to an absolute path/),
        hint: `Type ${update}. Rename or remove them, or leave them out with \`exclude\` or a .deployignore file.`,
      });
      const env = { ...ENVIRONMENT, GIT_ALLOW_PROTOCOL: 'file' };
      execFileSync('sh', ['-c', update], { env, stdio: 'pipe' });
      expect((await takeSnapshot(fresh, { ref: 'HEAD~' })).manifest).toEqual(whole.manifest);
    }));

  test('in one that was is refused as well', () =>
    withProject(async ({ site, library }) =>
      withRepository(async (inner) => {
        inner.commit();
        add(library, inner, 'inner');
        add(site, library);
        await expect(takeSnapshot(site)).rejects.toMatchObject({
          code: 'E_REFUSED',
          message: expect.stringContaining('\n  vendor/library/inner is a submodule that was not fetched'),
          hint: expect.stringContaining(`git -C ${site.path} submodule update --init --recursive`),
        });
      }),
    ));

  test('as far as the commit goes is fetched by what the hint says', () =>
    withProject(async ({ site, library, scratch }) => {
      add(site, library);
      const mine = clone(site, join(scratch, 'mine'), '--recurse-submodules');
      library.write({ code: 'newer' });
      const newer = library.commit();
      repositoryAt(join(site.path, 'vendor/library')).git(...ALLOW, 'pull', '-q');
      site.commit();
      mine.git('-c', 'submodule.recurse=false', '-c', 'fetch.recurseSubmodules=false', 'pull', '-q');
      const fetching = `git -C ${mine.path} fetch --recurse-submodules`;
      const update = `git -C ${mine.path} submodule update --init --recursive`;
      await expect(takeSnapshot(mine)).rejects.toMatchObject({
        message: expect.stringContaining(
          `vendor/library is a submodule whose commit ${newer.slice(0, 12)} was not fetched`,
        ),
        hint: expect.stringContaining(`Type ${fetching} && ${update}. Or`),
      });
      const env = { ...ENVIRONMENT, GIT_ALLOW_PROTOCOL: 'file' };
      execFileSync('sh', ['-c', fetching], { env, stdio: 'pipe' });
      expect((await takeSnapshot(mine)).manifest).toContainEqual(file('vendor/library/code', 'newer'));
    }));
});

describe('the repository of a submodule', () => {
  test('is found in the work tree, where old versions of git have it', () =>
    withProject(async ({ site, library }) => {
      add(site, library);
      const expected = (await takeSnapshot(site)).manifest;
      const work = join(site.path, 'vendor/library');
      rmSync(join(work, '.git'));
      renameSync(join(site.path, '.git/modules/vendor/library'), join(work, '.git'));
      site.git('config', '--file', join(work, '.git/config'), '--unset', 'core.worktree');
      rmSync(join(site.path, '.git/modules'), { recursive: true });
      expect((await takeSnapshot(site)).manifest).toEqual(expected);
      expect((await takeSnapshot({ path: join(site.path, 'vendor') })).manifest).toEqual(expected);
    }));

  test('is that which was cloned there by hand, when nothing names it', () =>
    withProject(async ({ site, library, scratch }) => {
      clone(library, join(site.path, 'vendor/library'));
      site.commit();
      const taken = await takeSnapshot(site);
      expect(taken.manifest).toContainEqual(file('vendor/library/code', 'library'));
      await expect(takeSnapshot(clone(site, join(scratch, 'clone')))).rejects.toMatchObject({
        message: expect.stringContaining('vendor/library is a submodule that .gitmodules does not name'),
      });
    }));

  test('is shared with linked work trees', () =>
    withProject(async ({ site, library, scratch }) => {
      add(site, library);
      const path = join(scratch, 'linked');
      site.git('worktree', 'add', '-q', '-b', 'side', path);
      expect((await takeSnapshot({ path })).manifest).toEqual((await takeSnapshot(site)).manifest);
    }));

  test('of a bare repository is among its modules, or it is refused', () =>
    withProject(async ({ site, library, scratch }) => {
      add(site, library);
      const bare = clone(site, join(scratch, 'bare'), '--bare');
      await expect(takeSnapshot(bare)).rejects.toMatchObject({
        code: 'E_REFUSED',
        message: expect.stringContaining(
          'vendor/library is a submodule, and bare repositories do not fetch those',
        ),
        hint: expect.stringContaining(`git clone --recurse-submodules ${bare.path}.`),
      });
      cpSync(join(site.path, '.git/modules'), join(bare.path, 'modules'), { recursive: true });
      const taken = await takeSnapshot(bare);
      expect(taken.manifest).toEqual((await takeSnapshot(site)).manifest);
      await expectReadable(taken, taken.manifest);
    }));

  test('is never one that the commit itself brings', () =>
    withProject(async ({ site, library }) => {
      library.write({ '.gitattributes': 'code filter=evil\n' });
      library.commit();
      add(site, library);
      const trap = clone(library, join(site.path, 'trap'), '--bare');
      const trace = join(site.path, 'evil');
      trap.git('config', 'filter.evil.smudge', `touch '${trace}'; cat`);
      site.git(
        'config',
        '--file',
        '.gitmodules',
        '--rename-section',
        'submodule.vendor/library',
        'submodule.../../trap',
      );
      site.commit();
      rmSync(join(site.path, '.git/modules'), { recursive: true });
      rmSync(join(site.path, 'vendor'), { recursive: true });
      await expect(takeSnapshot(site, { exclude: ['/trap'] })).rejects.toMatchObject({
        code: 'E_REFUSED',
        message: expect.stringContaining('vendor/library is a submodule that .gitmodules does not name'),
      });
      expect(existsSync(trace)).toBe(false);
    }));
});
