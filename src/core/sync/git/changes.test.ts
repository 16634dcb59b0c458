import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { TreeChanges } from '../changes.ts';
import { compare, compareFiles, putIn, snapshotAt } from '../testing/comparedCommits.ts';
import { repositoryAt, withRepository } from '../testing/gitRepository.ts';
import { drain, inScratch, never } from '../testing/observe.ts';
import { expectReadable } from '../testing/reading.ts';

describe('what has changed', () => {
  const paths = (changes: TreeChanges | null) => ({
    put: changes?.put.map(({ entry, was }) => `${was ?? 'nothing'} > ${entry.kind} ${entry.path}`),
    gone: changes?.gone.map(({ path: at, kind }) => `${kind} ${at}`),
  });

  test('includes directories that come, go, or become something else', () =>
    withRepository(async (repository) => {
      const before = { 'a/b/c': 'x', 'only/x.md': 'x', keep: 'x', 'f/g': 'x', h: 'x', 'u/v/w': 'x' };
      const after = { 'a/b/c': 'x', 'only/x.md': 'x', 'only/y': 'x', keep: { run: 'x' }, f: 'x', 'h/i': 'x' };
      const { changes } = await compareFiles(
        repository,
        before,
        { ...after, 'a/z': 'x' },
        { exclude: ['*.md'] },
      );
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
      const came = await compareFiles(repository, { ...rules, 'docs/x': 'x' }, { ...rules, docs: 'x' });
      expect(paths(came.changes)).toEqual({ put: ['nothing > file docs'], gone: [] });
      const went = await compareFiles(repository, { ...rules, docs: 'x' }, { ...rules, 'docs/x': 'x' });
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
      const { changes } = await compareFiles(repository, before, { ...before, 'd/n': 'x', 'e/n': 'x' });
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
      const { changes } = await compareFiles(repository, before, after);
      expect(changes?.held.map(({ path: at }) => at)).toEqual(['old/a', 'run']);
    }));

  test('is nothing between two commits of the same tree', () =>
    withRepository(async (repository) => {
      const { changes, before, after } = await compareFiles(repository, { a: 'x' }, { a: 'x' });
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
      const { changes, after: taken } = await compareFiles(repository, before, after);
      expect(changes?.put.map(({ entry }) => entry.path)).toEqual(['b.bat', 'large']);
      await expectReadable(taken, putIn(changes!));
      const rest = (await (await snapshotAt(repository.path, 'main')).manifest(never)).filter(
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
        const { before, after } = await compareFiles(
          repository,
          { a: 'x', '.gitattributes': 'a eol=lf\n' },
          { b: 'x' },
        );
        const clone = join(scratch, 'clone');
        repository.git('clone', '-q', repository.path, clone);
        repositoryAt(clone).write({ '.gitattributes': '* export-ignore\n', '.deployignore': '*\n' });
        expect((await snapshotAt(clone, 'main')).state).toBe(after.state);
        expect((await snapshotAt(clone, 'main~1')).state).toBe(before.state);
      }),
    ));

  test('is refused as the whole tree is, all of it at once', () =>
    withRepository(async (repository) => {
      repository.write({ a: 'x', 'd/e': 'x' });
      const old = repository.commit();
      repository.write({ 'd/up': { to: '../../up' }, 'bad\u0007': 'x', abs: { to: '/etc/passwd' } });
      repository.write({ 'n/e/w\u0001': 'x', 'd/.deployignore': { to: 'e' }, far: { to: 'x'.repeat(2000) } });
      const taken = await snapshotAt(repository.path, repository.commit());
      const state = (await snapshotAt(repository.path, old)).state;
      const whole = await taken.manifest(never).catch((error: unknown) => error as Error);
      const changed = await taken.changesSince(state, never).catch((error: unknown) => error as Error);
      expect(whole).toMatchObject({ code: 'E_REFUSED', message: expect.stringContaining('5 things in it') });
      expect(changed).toMatchObject({ code: 'E_REFUSED', message: (whole as Error).message });
    }));
});
