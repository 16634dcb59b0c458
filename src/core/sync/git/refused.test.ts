import { describe, expect, test } from 'vitest';
import { type GitRepository, withRepository } from '../testing/gitRepository.ts';
import { paths } from '../testing/observe.ts';
import { takeSnapshot as snapshot } from '../testing/takeSnapshot.ts';

describe('what is refused', () => {
  const POINTER = `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 12\n`;
  const treeOf = (repository: GitRepository, entries: readonly (string | Buffer)[]) => {
    const lines = entries.flatMap((entry) => [Buffer.from(entry), Buffer.from('\0')]);
    return repository.feed(Buffer.concat(lines), 'mktree', '-z', '--missing');
  };
  const commitOf = (repository: GitRepository, tree: string) =>
    repository.git('commit-tree', '-m', 'odd', tree);

  test('is listed, all of it at once', () =>
    withRepository(async (repository) => {
      const blob = repository.feed('x', 'hash-object', '-w', '--stdin');
      const pointer = repository.feed(POINTER, 'hash-object', '-w', '--stdin');
      const target = (text: string | Buffer) => repository.feed(text, 'hash-object', '-w', '--stdin');
      const inner = treeOf(repository, [
        `100644 blob ${blob}\tbelow`,
        `120000 blob ${target('../../up')}\tup`,
      ]);
      const commit = commitOf(
        repository,
        treeOf(repository, [
          `100644 blob ${blob}\tline\nend`,
          Buffer.concat([Buffer.from(`100644 blob ${blob}\tbad`), Buffer.from([0xff])]),
          `100644 blob ${pointer}\tbig.bin`,
          `120000 blob ${target('/etc/passwd')}\tpasswd`,
          `120000 blob ${target(Buffer.from([0xfe]))}\tunreadable`,
          `120000 blob ${target('')}\tnowhere`,
          `120000 blob ${target('x'.repeat(5000))}\tfar`,
          `160000 commit ${'1'.repeat(40)}\tlibrary`,
          `120000 blob ${blob}\t.deployignore`,
          `040000 tree ${inner}\td`,
          `040000 tree ${inner}\tbad\u0007d`,
          `040000 tree ${inner}\t..`,
          `100644 blob ${blob}\tfine`,
        ]),
      );
      const failure = await snapshot(repository, { ref: commit }).catch((error: unknown) => error);
      expect(failure).toMatchObject({ code: 'E_REFUSED', hint: expect.stringContaining('`exclude`') });
      const [first, ...lines] = (failure as Error).message.split('\n');
      expect(first).toBe(
        `${repository.path} at ${commit.slice(0, 12)} cannot be deployed because of 12 things in it:`,
      );
      expect(lines.sort()).toEqual(
        [
          '  .. is not a file name',
          '  .deployignore is not a regular file, so what it excludes is unknown',
          '  bad\\x07d holds control characters',
          '  bad\\xff is not valid UTF-8',
          '  big.bin is a pointer of Git LFS, but has no attribute filter=lfs that would bring its content',
          '  d/up is a link that leaves the tree, to ../../up',
          '  far is a link with too long a target',
          '  library is a submodule that .gitmodules does not name',
          '  line\\x0aend holds control characters',
          '  nowhere is a link without a target',
          '  passwd is a link to an absolute path, /etc/passwd',
          '  unreadable is a link whose target is not valid UTF-8',
        ].sort(),
      );
    }));

  test('is not even looked at when it is excluded', () =>
    withRepository(async (repository) => {
      const blob = repository.feed('x', 'hash-object', '-w', '--stdin');
      const pointer = repository.feed(POINTER, 'hash-object', '-w', '--stdin');
      const commit = commitOf(
        repository,
        treeOf(repository, [
          `100644 blob ${blob}\tline\nend`,
          Buffer.concat([Buffer.from(`100644 blob ${blob}\tbad`), Buffer.from([0xff])]),
          `100644 blob ${pointer}\tbig.bin`,
          `160000 commit ${'1'.repeat(40)}\tlibrary`,
          `100644 blob ${blob}\tfine`,
        ]),
      );
      const taken = await snapshot(repository, {
        ref: commit,
        exclude: ['/library', '*.bin', 'line?end', 'bad*'],
      });
      expect(paths(taken.manifest)).toEqual(['fine']);
    }));

  test('is a tree that no file system can hold', () =>
    withRepository(async (repository) => {
      const blob = repository.feed('x', 'hash-object', '-w', '--stdin');
      const raw = (mode: string, name: string) =>
        Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.from(blob, 'hex')]);
      const content = Buffer.concat([raw('100644', 'a'), raw('100644', 'a'), raw('100644', 'b/c')]);
      const tree = repository.feed(content, 'hash-object', '-w', '-t', 'tree', '--literally', '--stdin');
      await expect(snapshot(repository, { ref: commitOf(repository, tree) })).rejects.toMatchObject({
        code: 'E_REFUSED',
        message: expect.stringMatching(
          /a stands in its tree more than once[\s\S]*b\/c is not in a directory/,
        ),
      });
    }));
});
