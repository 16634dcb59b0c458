import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { file, sha256 } from '../testing/entries.ts';
import { type GitRepository, withRepository } from '../testing/gitRepository.ts';
import { drain, inScratch, never, paths } from '../testing/observe.ts';
import { takeSnapshot } from '../testing/takeSnapshot.ts';

const TRACKED = '*.bin filter=lfs diff=lfs merge=lfs -text\n';

function pointerTo(content: string, sizeBytes = content.length): string {
  return `version https://git-lfs.github.com/spec/v1\noid sha256:${sha256(content)}\nsize ${sizeBytes}\n`;
}

/** Where git-lfs keeps a content in the store at `lfs`. */
function objectAt(lfs: string, content: string): string {
  const oid = sha256(content);
  return join(lfs, 'objects', oid.slice(0, 2), oid.slice(2, 4), oid);
}

function store(lfs: string, content: string): void {
  mkdirSync(dirname(objectAt(lfs, content)), { recursive: true });
  writeFileSync(objectAt(lfs, content), content);
}

const storeOf = (repository: GitRepository) => join(repository.path, '.git/lfs');

async function contentAt(repository: { readonly path: string }, path: string): Promise<string> {
  const taken = await takeSnapshot(repository);
  const entry = taken.manifest.filter((each) => each.path === path);
  return String((await drain(taken.read(entry, never)))[0]?.[1]);
}

describe('a file in Git LFS', () => {
  test('has the content from the local store, beside files that are in none', () =>
    withRepository(async (repository) => {
      const large = 'large '.repeat(100_000);
      repository.write({
        '.gitattributes': `${TRACKED}*.txt eol=crlf\n`,
        'a.bin': pointerTo('first'),
        'b.bin': 'was committed before it was tracked',
        'c.txt': 'one\n',
        'd/large.bin': { run: pointerTo(large) },
        'e.bin': pointerTo('first'),
        plain: 'x',
      });
      const commit = repository.commit();
      for (const content of ['first', large]) store(storeOf(repository), content);
      const taken = await takeSnapshot(repository);
      expect(taken.revision).toBe(commit);
      const expected = [
        ['a.bin', 'first'],
        ['b.bin', 'was committed before it was tracked'],
        ['c.txt', 'one\r\n'],
        ['d/large.bin', large],
        ['e.bin', 'first'],
        ['plain', 'x'],
      ] as const;
      const files = taken.manifest.filter(({ kind, path }) => kind === 'file' && path !== '.gitattributes');
      expect(files).toEqual(
        expected.map(([path, content]) => file(path, content, path.startsWith('d/') ? 0o755 : 0o644)),
      );
      const read = (await drain(taken.read(files, never))).map(([path, content]) => [path, String(content)]);
      expect(read).toEqual(expected);
    }));

  test('is had without any program of Git LFS', () =>
    withRepository(async (repository) => {
      const raw = '*.raw filter=lfs eol=crlf\n';
      repository.write({ '.gitattributes': TRACKED + raw, 'a.bin': pointerTo('content'), 'b.raw': 'one\n' });
      repository.commit();
      store(storeOf(repository), 'content');
      const trace = join(repository.path, 'was-run');
      for (const name of ['process', 'smudge', 'clean']) {
        repository.git('config', `filter.lfs.${name}`, `touch '${trace}'; exit 1`);
      }
      repository.git('config', 'filter.lfs.required', 'true');
      expect(await contentAt(repository, 'a.bin')).toBe('content');
      expect(await contentAt(repository, 'b.raw')).toBe('one\r\n');
      expect(existsSync(trace)).toBe(false);
    }));

  test('is deployed also where its pointer has other line ends, or none at its end', () =>
    withRepository(async (repository) => {
      const pointer = pointerTo('content');
      const texts = { 'crlf.bin': pointer.replaceAll('\n', '\r\n'), 'short.bin': pointer.trimEnd() };
      repository.write({ '.gitattributes': TRACKED, ...texts });
      repository.commit();
      store(storeOf(repository), 'content');
      for (const path of Object.keys(texts)) expect(await contentAt(repository, path)).toBe('content');
    }));

  test('is in the store of its submodule', () =>
    withRepository((library) =>
      withRepository(async (site) => {
        library.write({ '.gitattributes': TRACKED, 'a.bin': pointerTo('content') });
        library.commit();
        site.git('-c', 'protocol.file.allow=always', 'submodule', 'add', '-q', library.path, 'library');
        site.commit();
        const gitDirectory = join(site.path, '.git/modules/library');
        store(storeOf(site), 'content');
        const head = library.git('rev-parse', 'HEAD');
        await expect(takeSnapshot(site)).rejects.toMatchObject({
          message: expect.stringContaining(
            '\n  library/a.bin is in Git LFS, and its content was not fetched',
          ),
          hint: expect.stringContaining(`git -C ${gitDirectory} lfs fetch origin ${head}`),
        });
        store(join(gitDirectory, 'lfs'), 'content');
        expect(await contentAt(site, 'library/a.bin')).toBe('content');
      }),
    ));
});

describe('the local store', () => {
  test.each([
    ['relative to the repository', 'elsewhere/lfs', (path: string) => join(path, '.git/elsewhere/lfs')],
    ['anywhere', '/STORE', (_: string, scratch: string) => join(scratch, 'STORE')],
  ])('may be configured, %s', (_, configured, place) =>
    withRepository((repository) =>
      inScratch(async (scratch) => {
        repository.write({ '.gitattributes': TRACKED, 'a.bin': pointerTo('content') });
        repository.commit();
        repository.git('config', 'lfs.storage', configured.replace('/STORE', join(scratch, 'STORE')));
        store(place(repository.path, scratch), 'content');
        expect(await contentAt(repository, 'a.bin')).toBe('content');
      }),
    ),
  );

  test('is that of the repository for linked work trees, and for clones that borrow its objects', () =>
    withRepository((repository) =>
      inScratch(async (scratch) => {
        repository.write({ '.gitattributes': TRACKED, 'a.bin': pointerTo('content') });
        repository.commit();
        store(storeOf(repository), 'content');
        const [linked, sharing] = [join(scratch, 'linked'), join(scratch, 'sharing')];
        repository.git('worktree', 'add', '-q', '-b', 'side', linked);
        repository.git('clone', '-q', '--no-checkout', '--shared', '.', sharing);
        expect(await contentAt({ path: linked }, 'a.bin')).toBe('content');
        expect(await contentAt({ path: sharing }, 'a.bin')).toBe('content');
        const clone = join(scratch, 'clone');
        repository.git('clone', '-q', '--no-checkout', '.', clone);
        await expect(takeSnapshot({ path: clone })).rejects.toMatchObject({ code: 'E_REFUSED' });
      }),
    ));

  test('that lacks contents, or has only a part of them, is refused with all their names', () =>
    withRepository(async (repository) => {
      repository.write({
        '.gitattributes': TRACKED,
        'a.bin': pointerTo('gone'),
        'd/b.bin': pointerTo('cut short', 500),
        'c.bin': pointerTo('there'),
        up: { to: '/etc' },
      });
      const commit = repository.commit();
      for (const content of ['cut short', 'there']) store(storeOf(repository), content);
      const refused = await takeSnapshot(repository).catch((error: unknown) => error);
      const fetching = `git -C ${repository.path} lfs fetch origin ${commit}`;
      expect(refused).toMatchObject({
        code: 'E_REFUSED',
        hint: `Type ${fetching}. Rename or remove them, or leave them out with \`exclude\` or a .deployignore file.`,
      });
      expect((refused as Error).message.split('\n').slice(1).sort()).toEqual([
        '  a.bin is in Git LFS, and its content was not fetched',
        '  d/b.bin is in Git LFS, and its content was not fetched',
        '  up is a link to an absolute path, /etc',
      ]);
      const exclude = ['/a.bin', '/d', '/up'];
      expect(paths((await takeSnapshot(repository, { exclude })).manifest)).toEqual([
        '.gitattributes',
        'c.bin',
      ]);
    }));

  test('that holds something else under the name is found out while it is read', () =>
    withRepository(async (repository) => {
      repository.write({ '.gitattributes': TRACKED, 'a.bin': pointerTo('content') });
      repository.commit();
      store(storeOf(repository), 'content');
      writeFileSync(objectAt(storeOf(repository), 'content'), 'CONTENT');
      await expect(contentAt(repository, 'a.bin')).rejects.toMatchObject({
        code: 'E_SOURCE',
        message: expect.stringContaining('a.bin'),
      });
      store(storeOf(repository), 'content');
      const taken = await takeSnapshot(repository);
      rmSync(objectAt(storeOf(repository), 'content'));
      await expect(drain(taken.read(taken.manifest, never))).rejects.toMatchObject({ code: 'E_SOURCE' });
    }));
});

test('a pointer that nothing would resolve is refused by name', () =>
  withRepository(async (repository) => {
    const extended = pointerTo('content').replace('oid', `ext-0-case sha256:${sha256('CONTENT')}\noid`);
    repository.write({
      '.gitattributes': '*.bin filter=lfs\n/raw.bin -filter\n',
      'a.png': pointerTo('content'),
      'raw.bin': pointerTo('content'),
      'extended.bin': extended,
      'about.md': `A pointer begins so:\n${pointerTo('content')}`,
    });
    repository.commit();
    store(storeOf(repository), 'content');
    const refused = await takeSnapshot(repository).catch((error: unknown) => error);
    expect((refused as Error).message.split('\n').slice(1)).toEqual([
      '  a.png is a pointer of Git LFS, but has no attribute filter=lfs that would bring its content',
      '  extended.bin is a pointer of Git LFS that only git-lfs can read',
      '  raw.bin is a pointer of Git LFS, but has no attribute filter=lfs that would bring its content',
    ]);
  }));
