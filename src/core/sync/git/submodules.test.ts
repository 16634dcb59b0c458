import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { directory, file, link, manifest, sha256 } from '../testing/entries.ts';
import { ENVIRONMENT, type GitRepository, repositoryAt, withRepository } from '../testing/gitRepository.ts';
import { drain, inScratch, never, paths } from '../testing/observe.ts';
import { type Taken, takeSnapshot } from '../testing/takeSnapshot.ts';
import type { Manifest } from '../types.ts';

/** Git clones submodules from directories only where that is allowed. */
const ALLOW = ['-c', 'protocol.file.allow=always'] as const;

interface Project {
  readonly site: GitRepository;
  readonly library: GitRepository;
  readonly scratch: string;
}

/** Two repositories: a site, and a library that is its submodule at vendor/library as soon as it is added. */
function withProject<Result>(action: (project: Project) => Promise<Result>): Promise<Result> {
  return inScratch(async (scratch) => {
    const [site, library] = [created(join(scratch, 'site')), created(join(scratch, 'library'))];
    site.write({ index: 'site' });
    library.write({ code: 'library' });
    library.commit();
    return action({ site, library, scratch });
  });
}

function created(path: string): GitRepository {
  execFileSync('git', ['init', '-q', '-b', 'main', path], { env: ENVIRONMENT });
  return repositoryAt(path);
}

function add(superproject: GitRepository, submodule: GitRepository, path = 'vendor/library'): string {
  superproject.git(...ALLOW, 'submodule', 'add', '-q', `file://${submodule.path}`, path);
  return superproject.commit();
}

function clone(from: GitRepository, path: string, ...options: readonly string[]): GitRepository {
  from.git(...ALLOW, 'clone', '-q', ...options, `file://${from.path}`, path);
  return repositoryAt(path);
}

async function mounted(at: string, repository: GitRepository, commit = 'HEAD'): Promise<Manifest> {
  return (await repository.archived(commit)).map((entry) => ({ ...entry, path: `${at}/${entry.path}` }));
}

async function expectReadable(taken: Taken): Promise<void> {
  const files = taken.manifest.filter((entry) => entry.kind === 'file');
  const read = await drain(taken.read(taken.manifest, never));
  expect(read.map(([path, content]) => [path, sha256(content)])).toEqual(
    files.map((entry) => [entry.path, entry.hash]),
  );
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
      await expectReadable(taken);
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
        await expectReadable(taken);
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
        await expectReadable(taken);
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
      await expectReadable(taken);
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
